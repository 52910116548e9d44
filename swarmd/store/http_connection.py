"""HTTP/1.1 connections to a store: one question at a time on each, the idle ones kept."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from swarmd.codec.framing import BadBody, Framing, response_framing
from swarmd.codec.head import BadHead, ResponseHead, scan_response

KEPT = 16  # idle connections for each endpoint
_LOOK = int(socket.MSG_PEEK | socket.MSG_DONTWAIT)

Receive = Callable[[bytes], None]


class BrokenOffError(Exception):
    """The connection ended before the answer did, or what came is no answer."""


class HttpConnection(Protocol):
    """One connection.

    Attributes:
        on_idle: Gets it when it may be asked the next thing.
        on_lost: Gets it when it is gone.
    """

    transport: Any

    def __init__(self) -> None:
        self.on_idle: Callable[[HttpConnection], None] = lambda connection: None
        self.on_lost: Callable[[HttpConnection], None] = lambda connection: None
        self._method = b""
        self._receive: Receive = lambda data: None
        self._asked: Deferred[Any] | None = None
        self._head: ResponseHead | None = None
        self._framing: Framing | None = None
        self._held = b""

    def ask(self, method: bytes, request: bytes, receive: Receive) -> Deferred[ResponseHead]:
        """The answer's head, once ``receive`` has got its whole body; to cancel closes it."""
        self._method, self._receive = method, receive
        self._head = self._framing = None
        asked: Deferred[ResponseHead] = Deferred(lambda cancelled: self.drop())
        self._asked = asked
        self.transport.write(request)
        return asked

    def is_alive(self) -> bool:
        """False if the other side has closed it, or sent something, that was not read yet."""
        handle = getattr(getattr(self.transport, "transport", self.transport), "socket", None)
        try:
            return handle is not None and not isinstance(handle.recv(1, _LOOK), bytes)
        except BlockingIOError:
            return True
        except OSError:
            return False

    def drop(self) -> None:
        self._asked = None
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        if self._asked is None:
            self.drop()
            return
        try:
            self._take(data)
        except (BadHead, BadBody) as error:
            self._fail(BrokenOffError(f"it answered with malformed HTTP: {error}"))
        except Exception:  # noqa: BLE001 - of who receives: whoever waits for the end gets it
            self._fail(Failure())

    def _take(self, data: bytes) -> None:
        while self._framing is None:
            data, self._held = self._held + data, b""
            scanned = scan_response(data)
            if scanned is None:
                self._held = data
                return
            head, used = scanned
            data = data[used:]
            if not head.interim:
                self._head, self._framing = head, response_framing(self._method, head)
        body = bytearray()
        used = self._framing.feed(data, body)
        if body:
            self._receive(bytes(body))
        if self._framing.done:
            self._end(whole=used == len(data))

    def _end(self, *, whole: bool) -> None:
        asked, head, self._asked = self._asked, self._head, None
        assert head is not None
        if whole and head.keep_alive:
            self.on_idle(self)
        else:
            self.drop()
        if asked is not None and not asked.called:
            asked.callback(head)

    def _fail(self, reason: Any) -> None:
        asked = self._asked
        self.drop()
        if asked is not None and not asked.called:
            asked.errback(reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.on_lost(self)
        asked, self._asked = self._asked, None
        if asked is None or asked.called:
            return
        if self._framing is not None and self._framing.ends_at_eof():
            asked.callback(self._head)
        else:
            asked.errback(reason)


class HttpConnections:
    """All connections to the endpoints of one store.

    Args:
        way: Gives the way to an endpoint.
    """

    def __init__(self, way: Callable[[str], IStreamClientEndpoint]) -> None:
        self._way = way
        self._factory = Factory.forProtocol(HttpConnection)
        self._factory.noisy = False
        self._idle: dict[str, list[HttpConnection]] = {}
        self._closed = False

    async def take(self, place: str) -> HttpConnection:
        """One that nobody uses; raises whatever keeps it from being made."""
        idle = self._idle.get(place, [])
        while idle:
            kept = idle.pop()
            if kept.is_alive():
                return kept
            kept.drop()
        connection: HttpConnection = await self._dial(place)
        connection.on_idle = lambda free: self._keep(place, free)
        connection.on_lost = lambda lost: self._forget(place, lost)
        return connection

    def _dial(self, place: str) -> Any:
        return self._way(place).connect(self._factory)

    def _keep(self, place: str, connection: HttpConnection) -> None:
        idle = self._idle.setdefault(place, [])
        if self._closed or len(idle) >= KEPT:
            connection.drop()
        else:
            idle.append(connection)

    def _forget(self, place: str, connection: HttpConnection) -> None:
        idle = self._idle.get(place, [])
        if connection in idle:
            idle.remove(connection)

    def close(self) -> None:
        self._closed = True
        for idle in self._idle.values():
            for connection in idle[:]:
                connection.drop()
        self._idle.clear()
