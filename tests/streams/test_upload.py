"""Request bodies in pieces towards an engine."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.python.failure import Failure

from swarmd.codec.framing import chunk
from swarmd.core.errors import EngineUnreachable
from swarmd.streams.upload import Upload
from tests.streams.memory import Engine

ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nread\r\n"


class Case:
    def __init__(self, **options: Any) -> None:
        self.engine = Engine()
        self.engine.hold = options.pop("hold", False)
        self.read: list[bytes] = []
        self.room = 0
        self.result: Any = None
        self.call: Upload = self.engine.link.upload(
            "POST", "/images/load", self.read.append, self.count, **options
        )
        self.call.answer.addBoth(self.keep)

    def count(self) -> None:
        self.room += 1

    def keep(self, result: Any) -> None:
        self.result = result.value if isinstance(result, Failure) else result


def test_head_then_chunks_then_the_end() -> None:
    case = Case(headers=[(b"Content-Type", b"application/x-tar")])
    head, _, rest = case.engine.wire.sent.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /images/load HTTP/1.1\r\n") and rest == b""
    assert b"Transfer-Encoding: chunked" in head and b"Content-Type: application/x-tar" in head
    case.call.write(chunk(b"hello"))
    case.call.end()
    assert case.engine.wire.sent.endswith(b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    case.engine.answers(ANSWER + b"0\r\n\r\n")
    assert case.read == [b"read"] and case.result.status == 200


def test_it_has_room_once_connected() -> None:
    case = Case(hold=True)
    assert case.call.full and not case.room
    case.engine.dialling[0].callback(None)
    assert not case.call.full and case.room == 1


def test_an_empty_body_may_end_before_there_is_a_connection() -> None:
    case = Case(hold=True)
    case.call.end()
    case.engine.dialling[0].callback(None)
    assert case.engine.wire.sent.endswith(b"\r\n\r\n0\r\n\r\n")
    assert case.engine.wire.producer is None


def test_the_engine_sets_the_pace() -> None:
    case = Case()
    producer = case.engine.wire.producer
    producer.pauseProducing()
    assert case.call.full
    producer.resumeProducing()
    assert not case.call.full and case.room == 2


def test_an_answer_before_the_end_costs_the_connection() -> None:
    case = Case()
    case.call.write(chunk(b"x"))
    case.engine.answers(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad")
    assert (case.result.status, case.result.body) == (400, b"bad")
    assert case.engine.wire.aborted
    before = case.engine.wire.sent
    case.call.write(chunk(b"more"))
    case.call.end()
    assert case.engine.wire.sent == before


def test_after_a_whole_exchange_the_connection_is_kept() -> None:
    case = Case()
    case.call.end()
    case.engine.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert not case.engine.wire.aborted and case.engine.wire.producer is None


def test_an_engine_that_dies() -> None:
    case = Case()
    case.engine.dies()
    assert isinstance(case.result, EngineUnreachable)


def test_only_an_engine_that_owes_something_has_a_time_limit() -> None:
    case = Case(idle_timeout=10.0)
    case.engine.clock.advance(100)
    assert case.result is None, "the client is slow"
    case.engine.wire.producer.pauseProducing()
    case.engine.clock.advance(9)
    case.engine.wire.producer.resumeProducing()
    case.engine.clock.advance(100)
    assert case.result is None
    case.call.end()
    case.engine.clock.advance(11)
    assert isinstance(case.result, EngineUnreachable)


def test_an_engine_that_takes_nothing_is_given_up() -> None:
    case = Case(idle_timeout=10.0)
    case.engine.wire.producer.pauseProducing()
    case.engine.clock.advance(11)
    assert "no answer within 10 s" in str(case.result) and case.engine.wire.aborted


def test_cancelling_closes() -> None:
    case = Case(idle_timeout=10.0)
    case.call.answer.cancel()
    assert case.engine.wire.aborted and not case.engine.clock.getDelayedCalls()


@pytest.mark.parametrize("after", [b"", ANSWER])
def test_the_link_closes(after: bytes) -> None:
    case = Case()
    if after:
        case.engine.answers(after)
    case.engine.link.close("gone")
    assert "gone" in str(case.result)
