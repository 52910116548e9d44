from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.codec.framing import chunk
from swarmd.core.errors import BadParameter
from swarmd.manager.images.tee import Tee
from tests.manager.wired import Running


class Upload:
    """As ``streams.upload.Upload``, by hand."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.answer: Deferred[Any] = Deferred()
        self.data = b""
        self.complete = False

    def write(self, data: bytes) -> None:
        self.data += data

    def end(self) -> None:
        self.complete = True

    def refuse(self, cause: str) -> None:
        self.answer.errback(RuntimeError(cause))


@pytest.fixture
def holds() -> list[bool]:
    return []


@pytest.fixture
def tee(holds: list[bool]) -> Tee:
    return Tee(holds.append)


def join(tee: Tee, upload: Any) -> Running:
    return Running(tee.join(upload))


def test_all_get_everything(tee: Tee) -> None:
    uploads = [Upload(), Upload()]
    for upload in uploads:
        join(tee, upload)
    tee.received(b"a")
    tee.received(b"b")
    tee.ended()
    assert all(upload.data == chunk(b"a") + chunk(b"b") and upload.complete for upload in uploads)


def test_one_that_is_full_holds_the_source(tee: Tee, holds: list[bool]) -> None:
    slow, fast = Upload(full=True), Upload()
    join(tee, slow)
    join(tee, fast)
    assert holds == [True]
    slow.full = False
    tee.balance()
    tee.balance()
    assert holds == [True, False]


def test_one_that_fills_up_is_noticed(tee: Tee, holds: list[bool]) -> None:
    upload = Upload()
    join(tee, upload)
    upload.full = True
    tee.received(b"x")
    assert holds == [True]


def test_one_that_has_answered_is_left_out(tee: Tee, holds: list[bool]) -> None:
    slow, fast = Upload(full=True), Upload()
    running = join(tee, slow)
    join(tee, fast)
    slow.answer.callback("refused")
    assert running.results == ["refused"] and holds == [True, False]
    tee.received(b"x")
    assert (slow.data, fast.data) == (b"", chunk(b"x"))


def test_who_joins_after_an_empty_body(tee: Tee) -> None:
    tee.ended()
    upload = Upload()
    join(tee, upload)
    assert upload.complete


def test_half_a_body_is_ended_nowhere(tee: Tee) -> None:
    uploads = [Upload(), Upload()]
    asking = [join(tee, upload) for upload in uploads]
    tee.failed(BadParameter("cut"))
    assert tee.error is not None and all("cut" in str(running.error) for running in asking)
    assert not any(upload.complete for upload in uploads)
