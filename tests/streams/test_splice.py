"""One pump between sockets that are full, empty, ended or broken."""

from __future__ import annotations

import errno
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from swarmd.streams.relay import Side, pair
from swarmd.streams.splice import PIPE, Pump, can_splice
from tests.streams.memory import Wire


class Reactor:
    """Knows who waits for what, and waits for nothing."""

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.addReader = self.readers.add
        self.addWriter = self.writers.add
        self.removeReader = self.readers.discard
        self.removeWriter = self.writers.discard


class Case:
    """client -> (source | pump | sink) -> engine"""

    def __init__(self) -> None:
        self.reactor = Reactor()
        self.client, source = socket.socketpair()
        sink, self.engine = socket.socketpair()
        self.ends = (self.client, source, sink, self.engine)
        for end in self.ends:
            end.setblocking(False)
        self.heard: list[Any] = []
        self.moved = 0
        self.pump = Pump(self.wrap(source), self.wrap(sink), self)  # type: ignore[arg-type]

    def wrap(self, end: socket.socket) -> Any:
        return SimpleNamespace(reactor=self.reactor, fileno=end.fileno)

    def taken(self, size: int) -> None:
        self.moved += size

    def source_ended(self) -> None:
        self.heard.append("ended")

    def source_failed(self, error: OSError) -> None:
        self.heard.append(error.errno)

    def source_exhausted(self) -> None:
        self.heard.append("exhausted")

    def sink_failed(self) -> None:
        self.heard.append("sink")

    @property
    def waits(self) -> tuple[int, int]:
        """How many readers and writers."""
        return len(self.reactor.readers), len(self.reactor.writers)


@pytest.fixture
def case() -> Any:
    made = Case()
    yield made
    made.pump.close()
    for end in made.ends:
        end.close()


def test_bytes_move_and_then_it_waits_for_more(case: Case) -> None:
    case.client.send(b"abc")
    case.pump.run()
    assert case.engine.recv(10) == b"abc"
    assert case.waits == (1, 0)


def test_a_full_sink_is_waited_for_and_loses_nothing(case: Case) -> None:
    sent = received = 0
    while case.waits == (1, 0):
        sent += case.client.send(b"x" * 60000)
        case.pump.run()
    assert case.waits == (0, 1)
    assert sent < 4 * PIPE
    case.client.close()
    while "ended" not in case.heard:
        received += len(case.engine.recv(1 << 20))
        case.pump.run()
    received += len(case.engine.recv(1 << 20))
    assert received == sent


def test_the_end_comes_after_the_bytes(case: Case) -> None:
    case.client.send(b"abc")
    case.client.shutdown(socket.SHUT_WR)
    case.pump.run()
    assert case.engine.recv(10) == b"abc"
    assert case.heard == ["ended"] and case.pump.closed and case.waits == (0, 0)


def test_no_more_is_taken_than_may_be(case: Case) -> None:
    case.pump.left = 3
    case.client.send(b"abcdef")
    case.pump.run()
    assert case.engine.recv(10) == b"abc"
    assert case.heard == ["exhausted"] and case.pump.closed and case.waits == (0, 0)


def test_a_sink_that_takes_no_more(case: Case) -> None:
    case.engine.close()
    case.client.send(b"abc")
    case.pump.run()
    assert case.heard == ["sink"] and case.pump.closed


def test_a_source_that_breaks(case: Case) -> None:
    case.ends[1].send(b"unread by the client")
    case.client.close()
    case.pump.run()
    assert case.heard == [errno.ECONNRESET] and case.pump.closed


def test_a_hang_up_is_looked_at(case: Case) -> None:
    case.client.close()
    gate = next(iter(case.reactor.readers))
    gate.connectionLost(None)
    assert case.heard == ["ended"]
    gate.connectionLost(None)
    assert case.heard == ["ended"]


def test_closing_is_silent_and_may_be_repeated(case: Case) -> None:
    case.pump.close()
    case.pump.close()
    case.pump.run()
    assert case.heard == [] and case.waits == (0, 0)


def test_only_sockets_of_the_kernel_can_be_spliced() -> None:
    one, two = Side(Wire(), None), Side(Wire(), None)  # type: ignore[arg-type]
    pair(one, two)
    assert not can_splice(one)
