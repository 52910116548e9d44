"""What a connection knows about itself."""

from __future__ import annotations

import socket
from types import SimpleNamespace

from swarmd.streams.connection import EngineConnection
from tests.streams.memory import Wire


def pair() -> tuple[EngineConnection, socket.socket]:
    ours, theirs = socket.socketpair()
    connection = EngineConnection()
    connection.makeConnection(SimpleNamespace(socket=ours))
    return connection, theirs


def test_an_idle_connection_is_alive_while_nothing_came() -> None:
    connection, theirs = pair()
    assert connection.is_alive()
    theirs.close()
    assert not connection.is_alive()
    connection.transport.socket.close()


def test_bytes_that_nobody_asked_for_spoil_it() -> None:
    connection, theirs = pair()
    theirs.send(b"x")
    assert not connection.is_alive()
    theirs.close()
    connection.transport.socket.close()


def test_a_broken_socket_is_not_alive() -> None:
    connection, theirs = pair()
    theirs.close()
    connection.transport.socket.close()
    assert not connection.is_alive()


def test_the_socket_below_tls_is_asked() -> None:
    connection, theirs = pair()
    connection.transport = SimpleNamespace(transport=connection.transport)
    theirs.close()
    assert not connection.is_alive()
    connection.transport.transport.socket.close()


def test_a_resting_connection_is_read() -> None:
    connection = EngineConnection()
    connection.makeConnection(Wire())
    connection.throttled = True
    connection.transport.pauseProducing()
    connection.rest(0.0, lambda _: None)
    assert not connection.transport.paused
