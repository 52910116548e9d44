"""What is queued in a transport goes to the thread, and what is left comes back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from swarmd.streams.offload import transports
from swarmd.streams.offload.transports import can_go, has_unsent, is_reading, take


class Reactor:
    """Knows who reads and writes."""

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.addReader, self.removeReader = self.readers.add, self.readers.discard
        self.addWriter, self.removeWriter = self.writers.add, self.writers.discard

    def getReaders(self) -> list[Any]:
        return list(self.readers)


@pytest.fixture
def connection() -> Iterator[Any]:
    ours, theirs = socket.socketpair()
    made: Any = Connection(ours, Protocol(), Reactor())  # type: ignore[arg-type]
    made.connected = 1
    made.startReading()
    yield made
    ours.close()
    theirs.close()


def test_a_thread_gets_what_is_queued_and_the_reactor_forgets_the_socket(connection: Any) -> None:
    connection.dataBuffer, connection.offset = b"abc", 1
    connection._tempDataBuffer, connection._tempDataLen = [b"d", b"e"], 2
    connection.startWriting()
    assert has_unsent(connection) and is_reading(connection)
    lent = take(connection, bool)
    assert bytes(lent.unsent) == b"bcde"
    assert not has_unsent(connection) and not is_reading(connection)
    assert connection not in connection.reactor.writers


def test_what_is_left_is_queued_again(connection: Any) -> None:
    lent = take(connection, bool)
    lent.unsent = memoryview(b"rest")
    transports.give_back(connection, lent)
    assert connection._tempDataBuffer == [b"rest"] and connection in connection.reactor.writers


def test_a_socket_that_takes_nothing_more_gets_nothing_back(connection: Any) -> None:
    lent = take(connection, bool)
    lent.unsent, lent.write_error = memoryview(b"rest"), OSError("broken pipe")
    transports.give_back(connection, lent)
    assert not has_unsent(connection)


@pytest.mark.parametrize("word", ["disconnecting", "_writeDisconnecting", "_aborting"])
def test_who_is_closing_stays(connection: Any, word: str) -> None:
    assert can_go(connection)
    setattr(connection, word, True)
    assert not can_go(connection)


def test_a_producer_that_was_held_is_asked_by_the_write_that_follows(connection: Any) -> None:
    other = Connection(connection.socket, Protocol(), connection.reactor)
    connection.producerPaused = True
    transports.go_on(other, connection)
    assert connection in connection.reactor.writers and other not in connection.reactor.readers
