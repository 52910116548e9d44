"""Connections to a store, without one; with real ones: tests/store/test_http_endpoints.py."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from swarmd.codec.head import ResponseHead
from swarmd.store.http_connection import (
    KEPT,
    BrokenOffError,
    HttpConnection,
    HttpConnections,
)
from tests.manager.rig import result_of

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class Transport(StringTransport):
    def abortConnection(self) -> None:
        self.disconnecting = True


class Rig:
    """Connections to one endpoint; those that nobody uses count as alive."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(HttpConnection, "is_alive", lambda one: not one.transport.disconnecting)
        self.made: list[HttpConnection] = []
        self.all = HttpConnections(lambda place: self)  # type: ignore[arg-type, return-value]
        self.got: list[bytes] = []

    def connect(self, factory: Any) -> Deferred[Any]:
        made = factory.buildProtocol(None)
        made.makeConnection(Transport())
        self.made.append(made)
        return succeed(made)

    def take(self) -> HttpConnection:
        taken: HttpConnection = result_of(self.all.take("a:1"))
        return taken

    def ask(self, connection: HttpConnection) -> Deferred[ResponseHead]:
        return connection.ask(b"GET", b"question", self.got.append)


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(monkeypatch)


def answer(asked: Deferred[ResponseHead]) -> ResponseHead:
    heads: list[ResponseHead] = []
    asked.addCallback(heads.append)
    return heads[0]


def why(asked: Deferred[Any]) -> BaseException:
    failures: list[Failure] = []
    asked.addErrback(failures.append)
    error: BaseException = failures[0].value
    return error


def test_an_answer_in_pieces_and_its_connection_is_the_next_ones(rig: Rig) -> None:
    one = rig.take()
    asked = rig.ask(one)
    assert one.transport.value() == b"question"
    for piece in (b"HTTP/1.1 100 Continue\r\n\r\n", HEAD[:10], HEAD[10:] + b"ab"):
        one.dataReceived(piece)
    assert rig.got == [b"ab"] and not asked.called
    one.dataReceived(b"cd")
    assert answer(asked).status == 200 and rig.got == [b"ab", b"cd"]
    assert rig.take() is one and rig.take() is not one


def test_what_is_not_to_be_used_again_is_not(rig: Rig) -> None:
    for bytes_of_it in (
        HEAD + b"abcdmore",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ):
        one = rig.take()
        asked = rig.ask(one)
        one.dataReceived(bytes_of_it)
        assert answer(asked).status == 200
        assert one.transport.disconnecting
    assert len(rig.made) == 2


def test_a_body_that_ends_with_the_connection(rig: Rig) -> None:
    one = rig.take()
    asked = rig.ask(one)
    one.dataReceived(b"HTTP/1.1 200 OK\r\n\r\nabc")
    one.connectionLost(Failure(ConnectionDone()))
    assert answer(asked).status == 200 and rig.got == [b"abc"]


def test_whatever_is_no_whole_answer(rig: Rig) -> None:
    one = rig.take()
    asked = rig.ask(one)
    one.dataReceived(HEAD + b"ab")
    one.connectionLost(Failure(ConnectionDone()))
    assert isinstance(why(asked), ConnectionDone)
    one = rig.take()
    asked = rig.ask(one)
    one.dataReceived(b"SSH-2.0-x\r\n\r\n")
    assert isinstance(why(asked), BrokenOffError) and one.transport.disconnecting


def test_who_receives_may_refuse(rig: Rig) -> None:
    def receive(data: bytes) -> None:
        raise KeyError("enough")

    one = rig.take()
    asked = one.ask(b"GET", b"q", receive)
    one.dataReceived(HEAD + b"abcd")
    assert isinstance(why(asked), KeyError) and one.transport.disconnecting


def test_who_cancels_closes_it(rig: Rig) -> None:
    one = rig.take()
    asked = rig.ask(one)
    asked.cancel()
    assert isinstance(why(asked), CancelledError) and one.transport.disconnecting


def test_idle_ones_are_bounded_and_forgotten_when_they_end(rig: Rig) -> None:
    taken = [rig.take() for _ in range(KEPT + 1)]
    for one in taken:
        rig.ask(one)
        one.dataReceived(HEAD + b"abcd")
    assert [one.transport.disconnecting for one in taken] == [False] * KEPT + [True]
    taken[KEPT - 1].connectionLost(Failure(ConnectionDone()))
    taken[KEPT - 2].dataReceived(b"unasked")
    assert rig.take() is taken[KEPT - 3]
    rig.all.close()
    assert all(one.transport.disconnecting for one in taken[: KEPT - 3])
