"""A client's connection as a transport: who it is from, what is written to it."""

from __future__ import annotations

from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IAddress, ISSLTransport, ITCPTransport

from swarmd.core.request.identity import Identity
from swarmd.front.client_site import ClientSite
from swarmd.front.origin_check import OriginCheck


class ClientConnection:
    """The part of a channel that knows nothing of HTTP.

    Attributes:
        transport: For writing and half-closing, also after a stream has taken over.
        deadline: When patience ends, by the site's clock; None where there is no limit.
        identity: Who is at the other end, once somebody asked: see ``front.client_identity``.
        origin_check: What its requests have to pass, once there was one.
        received, sent: Bytes of its current request, and of the answer to it, heads included.
    """

    __slots__ = (
        *("_held", "_host", "_peer", "deadline", "factory", "identity", "origin_check", "site"),
        *("_read_ended", "received", "sent", "transport"),
    )

    transport: Any

    def __init__(self, site: ClientSite[Any]) -> None:
        self.site = self.factory = site
        self.deadline: float | None = site.now() + site.idle_limit
        self.identity: Identity | None = None
        self.origin_check: OriginCheck | None = None
        self._peer: IAddress | None = None
        self._host: IAddress | None = None
        self.received = self.sent = 0
        self._held = self._read_ended = False

    def logPrefix(self) -> str:
        return "front"

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport
        # Asked for by each request, and a system call each time.
        self._peer = transport.getPeer()
        self._host = transport.getHost()
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)
            transport.setTcpKeepAlive(True)
        if self.isSecure():
            # Who says nothing, or half of it, would else have a connection as long as a client.
            self.deadline = self.site.now() + self.site.head_limit
        self.connectionMade()

    def handshakeCompleted(self) -> None:
        """From here on it is as any connection is; nothing was read yet."""
        self.deadline = self.site.now() + self.site.idle_limit

    def connectionMade(self) -> None:
        raise NotImplementedError

    def getPeer(self) -> IAddress | None:
        return self._peer

    def getHost(self) -> IAddress | None:
        return self._host

    def isSecure(self) -> bool:
        return bool(ISSLTransport.providedBy(self.transport))

    def writeConnectionLost(self) -> None:
        """Our own doing: nothing to add."""

    def stopProducing(self) -> None:
        """The connection is gone; connectionLost tells."""

    @property
    def goes(self) -> bool:
        """Its next request is for the process that serves in place of this one.

        Where the client has sent its last byte, that process would take it for gone.
        """
        return self.site.successor is not None and self._is_plain and not self._read_ended

    @property
    def _is_plain(self) -> bool:
        return isinstance(self.transport, tcp.Connection)

    @property
    def is_last(self) -> bool:
        """What is no plain socket (TLS) cannot be passed on: the next answer is the last."""
        return self.site.leaves or (self.site.successor is not None and not self._is_plain)

    def passed_on(self, ahead: bytes) -> bool:
        """Whether that process has it now, with what was read; not before all is written out."""
        successor, transport = self.site.successor, self.transport
        unsent = getattr(transport, "dataBuffer", b"") or getattr(transport, "_tempDataLen", 0)
        return (
            successor is not None and self.goes and not unsent and successor.take(transport, ahead)
        )

    def part(self) -> None:
        """Closes our side of a connection that another process has; the client hears nothing.

        Nothing is read of it any more, not even where epoll has just said that there is something:
        that is the other process's request, which would be swallowed here.
        """
        self.transport.doRead = _read_nothing
        self.transport._shouldShutdown = False  # Twisted's: it would end the other's side, too
        self.transport.loseConnection()

    def hold_reading(self, held: bool) -> None:
        """Whether the client is to wait with what it sends."""
        if held is not self._held:
            self._held = held
            if held:
                self.transport.pauseProducing()
            else:
                self.transport.resumeProducing()

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        self.transport.write(data)

    def writeSequence(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def abortConnection(self) -> None:
        self.transport.abortConnection()


def _read_nothing() -> None:
    """In place of a transport's own ``doRead``."""
