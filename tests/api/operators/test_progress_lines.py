from __future__ import annotations

from typing import Any

from swarmd.api.operators.progress_lines import progress_lines


class Asked:
    """A request, as far as an answer of lines needs one."""

    def __init__(self) -> None:
        self.gone = self.finished = False
        self.began: tuple[int, bytes] | None = None
        self.sent = b""

    def start(self, status: int, content_type: bytes) -> None:
        self.began = (status, content_type)

    def send(self, data: bytes) -> None:
        assert not self.gone and not self.finished
        self.sent += data

    def finish(self) -> None:
        self.finished = True


def test_an_object_a_line_until_one_is_the_last() -> None:
    asked: Any = Asked()
    write = progress_lines(asked)
    write({"Name": "web", "Status": "moved"})
    assert asked.began == (200, b"application/json") and not asked.finished
    write({"Done": True})
    assert asked.finished
    assert asked.sent == b'{"Name":"web","Status":"moved"}\n{"Done":true}\n'


def test_who_has_gone_is_told_nothing() -> None:
    asked: Any = Asked()
    write = progress_lines(asked)
    asked.gone = True
    write({"Done": True})
    assert asked.sent == b"" and not asked.finished
