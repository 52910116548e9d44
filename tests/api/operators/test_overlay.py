from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from swarmd.api.operators.overlay import OverlayResource
from swarmd.core.errors import BadParameter, Conflict
from tests.manager.rig import result_of

WRONG = ('"a==b"', "[1]", '["="]')


class Overlay:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.busy = False

    def claim(self, what: str) -> None:
        if self.busy:
            raise Conflict("under way")

    async def status(self) -> Any:
        return {"Up": False}

    async def up(self, constraints: Sequence[str] | None, report: Any) -> None:
        self.asked.append(constraints)
        report({"Done": True})

    async def down(self, report: Any) -> None:
        self.asked.append("down")
        report({"Done": True})


class Request:
    """Remembers what it was answered."""

    gone = False

    def __init__(self, body: bytes = b"") -> None:
        self.body = body
        self.sent: list[Any] = []

    def reply_json(self, status: int, value: Any) -> None:
        self.sent.append((status, value))

    def start(self, status: int, kind: bytes) -> None:
        self.sent.append(status)

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def finish(self) -> None:
        self.sent.append("end")


def asked(action: str, body: bytes = b"", *, busy: bool = False) -> tuple[Overlay, Request]:
    overlay: Any = Overlay()
    overlay.busy = busy
    request: Any = Request(body)
    result_of(getattr(OverlayResource(overlay), action)(request))
    return overlay, request


def test_the_routes_lead_to_the_overlay() -> None:
    assert asked("status")[1].sent == [(200, {"Up": False})]
    for action, body, what in (
        ("up", b"", None),
        ("up", b'{"Constraints": []}', ()),
        ("up", b'{"Constraints": ["zone==a"]}', ("zone==a",)),
        ("down", b"", "down"),
    ):
        overlay, request = asked(action, body)
        assert overlay.asked == [what]
        assert request.sent == [200, b'{"Done":true}\n', "end"]


@pytest.mark.parametrize("given", ["{", "[]", *(f'{{"Constraints": {x}}}' for x in WRONG)])
def test_what_cannot_be_understood_is_refused_before_anything_begins(given: str) -> None:
    with pytest.raises(BadParameter):
        asked("up", given.encode())


def test_what_cannot_be_now_is_an_error_and_no_stream() -> None:
    with pytest.raises(Conflict):
        asked("down", busy=True)
