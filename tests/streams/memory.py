"""An engine and a client without sockets, for the state machines of swarmd.streams."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from swarmd.codec.head import scan_request
from swarmd.core.errors import ApiError
from swarmd.streams.link import Link

DONE = Failure(ConnectionDone())
LOST = Failure(ConnectionLost())


class Wire(StringTransport):
    """A transport that remembers how it was closed."""

    ended = False
    aborted = False

    def loseWriteConnection(self) -> None:
        if self.producer is not None and self.producerState == "paused":
            return  # as a real one: it would wait for the producer
        self.ended = True

    def unregisterProducer(self) -> None:
        self.producer = None  # as a real one: also if there is none

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()

    @property
    def sent(self) -> bytes:
        return self.value()

    @property
    def paused(self) -> bool:
        return self.producerState == "paused"


class Engine:
    """What a link dials: keeps every connection that was made.

    Attributes:
        connections: In the order of dialling.
        dialling: Unanswered dials, if ``hold`` is set.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.connections: list[Any] = []
        self.dialling: list[Deferred[Any]] = []
        self.hold = False
        self.refusal: Exception | None = None
        self.link = Link("node-1", self.dial, self.clock)

    def dial(self, factory: Any) -> Deferred[Any]:
        if self.hold:
            waiting: Deferred[Any] = Deferred()
            self.dialling.append(waiting)
            waiting.addCallback(lambda _: self._connect(factory))
            return waiting
        if self.refusal is not None:
            raise_later: Deferred[Any] = Deferred()
            raise_later.errback(self.refusal)
            return raise_later
        return succeed(self._connect(factory))

    def _connect(self, factory: Any) -> Any:
        connection = factory.buildProtocol(None)
        connection.makeConnection(Wire())
        self.connections.append(connection)
        return connection

    @property
    def wire(self) -> Wire:
        """The transport of the newest connection."""
        return self.connections[-1].transport

    def answers(self, data: bytes, which: int = -1) -> None:
        self.connections[which].dataReceived(data)

    def ends(self, which: int = -1) -> None:
        self.connections[which].readConnectionLost()

    def dies(self, which: int = -1) -> None:
        self.connections[which].connectionLost(LOST)


class Channel:
    """A client's connection, before and after it is taken over."""

    def __init__(self, early: bytes = b"") -> None:
        self.transport = Wire()
        self.early = early
        self.end: Any = None
        self.persistent = True
        self.received = self.sent = 0

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        self.transport.write(data)

    def keeps_alive(self, *, delimited: bool = True) -> bool:
        self.persistent = self.persistent and delimited
        return self.persistent

    def take_over(self, end: Any) -> bytes:
        self.end = end
        return self.early


class Request:
    """A client's request that records what became of it."""

    def __init__(self, raw: bytes, early: bytes = b"") -> None:
        scanned = scan_request(raw)
        assert scanned is not None
        self.head = scanned[0]
        self.method = self.head.method
        self.channel = Channel(early)
        self.startedWriting: Any = 0
        self.gone = False
        self.survives_half_close = False
        self.trail: Any = None
        self.record: Any = None
        self.statuses: list[int] = []
        self.error: ApiError | None = None
        self.finished = 0
        self.aborted = 0
        self._gone_calls: list[Any] = []

    def answered(self, status: int) -> None:
        self.statuses.append(status)

    def on_gone(self, callback: Any) -> None:
        self._gone_calls.append(callback)

    def leave(self) -> None:
        self.gone = True
        for call in self._gone_calls:
            call()

    def reply_error(self, error: ApiError) -> None:
        assert self.error is None and not self.finished and not self.startedWriting
        self.error = error
        self.finished += 1

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.channel.transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        self.channel.transport.unregisterProducer()

    def finish(self) -> None:
        self.finished += 1

    def abort(self, *, framed: bool = False) -> None:
        self.aborted += 1
        self.framed = framed

    @property
    def got(self) -> bytes:
        return self.channel.transport.value()


def get(
    target: bytes = b"/x", *extra: bytes, method: bytes = b"GET", early: bytes = b""
) -> Request:
    """``extra`` are header lines."""
    lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: swarm:2375", *extra, b"", b""]
    return Request(b"\r\n".join(lines), early)


def post(target: bytes = b"/x", *extra: bytes, early: bytes = b"") -> Request:
    return get(target, *extra, method=b"POST", early=early)
