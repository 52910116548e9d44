"""Zero-copy relay of bulk between two plain sockets: splice(2) and a pipe, without Python.

0.2 CPU seconds a gigabyte, where Twisted's transports take 0.7 to 0.8. Each direction by itself
starts buffered, and goes over after a mebibyte: a pipe and two more descriptors are too much for
the many streams that stay small. The transports keep their sockets, and the other direction; only
reading from one and writing to the other is done here, on duplicates of their descriptors.

Private names of Twisted: ``dataBuffer`` and ``_tempDataLen``, which tell that nothing is queued.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IPullProducer, IReadWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from swarmd.streams.relay import Side

THRESHOLD = 1 << 20  # bytes that go the ordinary way
PIPE = 256 << 10  # bytes in the kernel for one direction; larger pipes were no faster
READS_PER_TURN = 16  # so that one stream cannot hold the reactor
# A read below it is somebody typing, or a tail that is followed: no bulk so far.
TYPING = 4096

_FLAGS = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK


def carry(*sides: Side) -> tuple[Bulk, ...]:
    """Makes each of ``sides`` whose socket allows it hand over its bulk; they must be stopped."""
    bulks = tuple(Bulk(side) for side in sides if can_splice(side))
    for bulk in bulks:
        bulk.begin()
    return bulks


def can_splice(side: Side) -> bool:
    """Whether both ends are sockets of the kernel, without TLS in between."""
    return all(isinstance(each.transport, tcp.Connection) for each in (side, side.other))


@implementer(IPullProducer)
class Bulk:
    """The bulk of one direction: what ``side`` sends, handed to its other side.

    It hears of the end as before, by ``half_closed`` and ``lost``; ``stop`` must be called before
    either transport is closed.
    """

    __slots__ = ("_left", "_moved", "_pump", "_side", "_stopped")

    def __init__(self, side: Side, most: int | None = None) -> None:
        """Of ``most`` bytes, if there is a bound: what comes behind them is dropped."""
        self._side = side
        self._left = most
        self._moved = 0
        self._pump: Pump | None = None
        self._stopped = False

    def begin(self) -> None:
        self._side.deliver = self

    def __call__(self, data: bytes) -> None:
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if data:
            self._side.other.transport.write(data)
        self._moved = self._moved + len(data) if len(data) >= TYPING else 0
        if self._moved >= THRESHOLD and self._pump is None and self._left != 0:
            self._drain()

    def _drain(self) -> None:
        """Nothing more is read until what was written is out."""
        side = self._side
        side.transport.pauseProducing()
        side.other.transport.unregisterProducer()
        side.other.transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Called when this is registered, and again when all is out."""
        sink = self._side.other.transport
        if not (self._stopped or sink.dataBuffer or sink._tempDataLen):
            sink.unregisterProducer()
            self._pump = Pump(self._side.transport, sink, self, self._left)

    def stopProducing(self) -> None:
        """The other side is gone, and tells it itself."""

    def stop(self) -> None:
        self._stopped = True
        if self._pump is not None:
            self._pump.close()

    def taken(self, size: int) -> None:
        """So many bytes have come from the source."""
        if self._side.meter is not None:
            self._side.meter(size)

    def source_ended(self) -> None:
        self._side.half_closed()

    def source_failed(self, error: OSError) -> None:
        """The error was taken from the socket, so Twisted would now read a clean end."""
        side = self._side
        if error.errno != errno.EINVAL:
            side.transport.abortConnection()
            return
        self._read_on()  # this kind of socket cannot be spliced

    def source_exhausted(self) -> None:
        """All that may be handed over was."""
        self._read_on()

    def _read_on(self) -> None:
        """Back to the ordinary way."""
        assert self._pump is not None
        side, self._left = self._side, self._pump.left
        side.other.transport.registerProducer(side.transport, True)
        side.transport.resumeProducing()

    def sink_failed(self) -> None:
        other = self._side.other
        other.owner.side_deaf(other)


class Pump:
    """The pump of one direction: from the kernel's buffer of one socket into another's.

    Attributes:
        left: Bytes that may still be taken; None for all.
    """

    def __init__(self, source: Any, sink: Any, owner: Bulk, most: int | None = None) -> None:
        """Takes two transports; ``owner`` hears of the end, unless the pump is closed first."""
        self._reactor = source.reactor
        self._owner = owner
        self.left = most
        self._held = 0
        self._out, self._into = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._room = _enlarge(self._into)
        self._source = Gate(os.dup(source.fileno()), self.run)
        self._sink = Gate(os.dup(sink.fileno()), self.run)
        self._reactor.addReader(self._source)

    @property
    def closed(self) -> bool:
        return self._source.fileno() < 0

    def run(self) -> None:
        """Moves what can be moved now."""
        for _ in range(READS_PER_TURN):
            if self.closed or not (self._give() if self._held else self._take()):
                break
        if not self.closed:
            self._wait()

    def _take(self) -> bool:
        """Fills the pipe; False if nothing can be had now."""
        if self.left == 0:
            self.close()
            self._owner.source_exhausted()
            return False
        room = self._room if self.left is None else min(self._room, self.left)
        try:
            self._held = os.splice(self._source.fileno(), self._into, room, flags=_FLAGS)
        except BlockingIOError:
            return False
        except OSError as error:
            self.close()
            self._owner.source_failed(error)
            return False
        if not self._held:
            self.close()
            self._owner.source_ended()
            return True
        self._owner.taken(self._held)
        if self.left is not None:
            self.left -= self._held
        return True

    def _give(self) -> bool:
        """Empties the pipe; False if the sink takes nothing now."""
        try:
            self._held -= os.splice(self._out, self._sink.fileno(), self._held, flags=_FLAGS)
        except BlockingIOError:
            return False
        except OSError:
            self.close()
            self._owner.sink_failed()
        return True

    def _wait(self) -> None:
        """For the sink while the pipe holds bytes, else for the source."""
        if self._held:
            self._reactor.removeReader(self._source)
            self._reactor.addWriter(self._sink)
        else:
            self._reactor.removeWriter(self._sink)
            self._reactor.addReader(self._source)

    def close(self) -> None:
        if self.closed:
            return
        self._reactor.removeReader(self._source)
        self._reactor.removeWriter(self._sink)
        self._source.close()
        self._sink.close()
        os.close(self._out)
        os.close(self._into)


@implementer(IReadWriteDescriptor)
class Gate:
    """A duplicate of a socket's descriptor, as the reactor wants it."""

    def __init__(self, descriptor: int, ready: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self.doRead = self.doWrite = ready

    def fileno(self) -> int:
        return self._descriptor

    def logPrefix(self) -> str:
        return "splice"

    def connectionLost(self, reason: Failure) -> None:
        """A hang-up, which splice(2) reports by itself."""
        self.doRead()

    def close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


def _enlarge(pipe: int) -> int:
    """Its size then: an unprivileged user may be past the quota for larger ones."""
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
    except OSError:
        return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
