"""One connection to an engine; the idle ones wait in ``swarmd.streams.dialing.pool``."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IProtocol,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from swarmd.streams.interfaces import End

_LOOK = int(socket.MSG_PEEK | socket.MSG_DONTWAIT)


@implementer(IProtocol, IHalfCloseableProtocol)
class EngineConnection:
    """The protocol of an engine's connection: hands everything to its ``end``.

    Attributes:
        end: Who uses it; None while it is idle.
        transport: The TLS protocol, or the socket's.
        idle_since: On the pool's clock.
        throttled: Somebody else decides when it is read.
    """

    __slots__ = ("_forget", "end", "factory", "idle_since", "throttled", "transport")

    def __init__(self) -> None:
        self.end: End | None = None
        self.transport: Any = None
        self.idle_since = 0.0
        self.throttled = False
        self._forget: Callable[[EngineConnection], None] | None = None
        self.factory: Any = None

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport

    def connectionMade(self) -> None:
        """Nothing to do: whoever dialled knows."""

    def dataReceived(self, data: bytes) -> None:
        if self.end is not None:
            self.end.received(data)
        else:
            self.drop()

    def readConnectionLost(self) -> None:
        if self.end is not None:
            self.end.half_closed()
        else:
            self.drop()

    def writeConnectionLost(self) -> None:
        """Nothing to do: the other direction is still open."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        end, self.end = self.end, None
        self._leave_pool()
        if end is not None:
            end.lost(reason)

    def drop(self) -> None:
        """Closes it without another word to its end."""
        self.end = None
        self._leave_pool()
        self.transport.abortConnection()

    def _leave_pool(self) -> None:
        forget, self._forget = self._forget, None
        if forget is not None:
            forget(self)

    def rest(self, now: float, forget: Callable[[EngineConnection], None]) -> None:
        """It is idle from ``now`` on; ``forget`` is told if it dies meanwhile."""
        self.end = None
        self.idle_since = now
        self._forget = forget
        if self.throttled:  # a slow client may have paused it, and EOF must be heard
            self.throttled = False
            self.transport.resumeProducing()

    def is_alive(self) -> bool:
        """False if the engine has closed it, or sent something, that was not read yet."""
        self._forget = None
        handle = getattr(getattr(self.transport, "transport", self.transport), "socket", None)
        if handle is None:
            return True
        try:
            handle.recv(1, _LOOK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


class ConnectionFactory(Factory):
    """The factory of engines' connections, for a dialler."""

    protocol = EngineConnection
    noisy = False
