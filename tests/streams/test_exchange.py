"""Whatever an engine sends, an exchange ends exactly once and keeps little in memory."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmd.core.errors import EngineUnreachable
from swarmd.streams.exchange import MOST_INTERIM, Exchange
from tests.streams.memory import Engine

ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: x\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
)


class Recorder(Exchange):
    """Counts what it is told."""

    def __init__(self, engine: Engine, method: bytes = b"POST") -> None:
        super().__init__(engine.link, method, b"request")
        self.raw = b""
        self.ends = 0
        self.error: EngineUnreachable | None = None

    def moved(self, raw: bytes) -> None:
        assert raw
        self.raw += raw

    def ended(self, raw: bytes) -> None:
        assert self.connection is None, "the connection must be free by now"
        self.raw += raw
        self.ends += 1

    def failed(self, error: EngineUnreachable) -> None:
        assert self.error is None
        self.error = error

    @property
    def over(self) -> bool:
        return self.ends + (self.error is not None) == 1


def begin(method: bytes = b"POST") -> tuple[Engine, Recorder]:
    engine = Engine()
    exchange = Recorder(engine, method)
    engine.link.begin(exchange)
    return engine, exchange


def feed(engine: Engine, data: bytes, cuts: list[int]) -> None:
    """In pieces, until nobody listens any more."""
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    for start, end in itertools.pairwise(edges):
        connection = engine.connections[-1]
        if start < end and connection.end is not None:
            connection.dataReceived(data[start:end])


@given(answer=st.sampled_from(ANSWERS), cuts=st.lists(st.integers(0, 200)))
def test_an_answer_is_the_same_however_it_is_cut(answer: bytes, cuts: list[int]) -> None:
    engine, exchange = begin()
    feed(engine, answer, cuts)
    assert exchange.ends == 1 and exchange.error is None
    assert exchange.raw == answer[answer.rindex(b"HTTP/") :]
    assert not engine.wire.aborted


@settings(max_examples=300)
@given(
    garbage=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                (*ANSWERS, b"HTTP/1.1 ", b"\r\n", b"\r\n\r\n", b"0\r\n", b"ffffff\r\n")
            ),
        ),
        max_size=8,
    ).map(b"".join),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    dies=st.booleans(),
)
def test_garbage_ends_once(garbage: bytes, cuts: list[int], dies: bool) -> None:
    engine, exchange = begin()
    feed(engine, garbage, cuts)
    if engine.connections[-1].end is not None:
        engine.dies() if dies else engine.ends()
    assert exchange.over
    assert exchange.error is None or exchange.error.sent


@pytest.mark.parametrize(
    "endless",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100,
        b"X: y\r\n" * 10,
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"H",
    ],
)
def test_endless_heads_are_bounded(endless: bytes) -> None:
    engine, exchange = begin()
    for _ in range(100_000):
        if exchange.over:
            break
        engine.answers(endless)
        assert len(exchange._held) <= 64 * 1024
    assert exchange.error is not None and engine.wire.aborted


def test_some_interim_answers_are_fine() -> None:
    engine, exchange = begin()
    engine.answers(b"HTTP/1.1 100 Continue\r\n\r\n" * MOST_INTERIM + ANSWERS[0])
    assert exchange.ends == 1


def test_cancelling_says_nothing_more() -> None:
    engine, exchange = begin()
    exchange.cancel()
    assert engine.wire.aborted and not exchange.over


def test_a_dial_that_fails_was_not_sent() -> None:
    engine = Engine()
    engine.refusal = OSError("no")
    exchange = Recorder(engine)
    engine.link.begin(exchange)
    assert exchange.error is not None and not exchange.error.sent
