"""What a connection knows about itself; the pool as a whole is tested with its link."""

from __future__ import annotations

import socket
from types import SimpleNamespace

from twisted.internet.task import Clock

from swarmd.streams.connection import EngineConnection, Pool
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


def test_a_dead_connection_is_passed_over() -> None:
    pool = Pool(Clock())
    good, bad = EngineConnection(), EngineConnection()
    for connection in (good, bad):
        connection.makeConnection(Wire())
        pool.put(connection)
    ours, theirs = socket.socketpair()
    theirs.close()
    bad.transport.socket = ours
    assert pool.take() is good
    assert bad.transport.aborted
    assert len(pool) == 0
    ours.close()
    pool.close()


def test_a_resting_connection_is_read() -> None:
    connection = EngineConnection()
    connection.makeConnection(Wire())
    connection.throttled = True
    connection.transport.pauseProducing()
    connection.rest(0.0, lambda _: None)
    assert not connection.transport.paused
