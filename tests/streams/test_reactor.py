"""What the short cuts through the reactor rely on; the bytes are in tests/wire."""

from __future__ import annotations

import socket

from twisted.internet import reactor, tcp
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from swarmd.streams.reactor import slow_down, speed_up


def test_it_can_be_undone() -> None:
    before = tcp.Connection.write
    assert speed_up(reactor)
    assert tcp.Connection.write is not before
    slow_down(reactor)
    slow_down(reactor)
    assert tcp.Connection.write is before and "doIteration" not in vars(reactor)


def test_another_reactor_is_left_alone() -> None:
    assert not speed_up(Clock())
    assert "write" not in vars(tcp.Connection)


def test_the_names_that_twisted_keeps_private_are_still_there() -> None:
    ours, theirs = socket.socketpair()
    connection = tcp.Connection(ours, Protocol(), reactor)
    for name in (
        "_tempDataLen",
        "dataBuffer",
        "disconnecting",
        "_writeDisconnecting",
        "_aborting",
        "producer",
        "TLS",
    ):
        assert hasattr(connection, name), name
    assert connection.streamingProducer is False
    for name in ("_doReadOrWrite", "doIteration"):
        assert callable(getattr(EPollReactor, name)), name
    assert isinstance(reactor._selectables, dict) and callable(reactor._poller.poll)
    ours.close()
    theirs.close()
