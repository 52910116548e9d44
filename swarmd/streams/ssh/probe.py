"""Whether an engine answers at the other end of a stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

PROBE_LIMIT = 5.0  # seconds
_PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"


class Probe(Protocol):
    """The protocol that asks, and waits for the first byte or the end."""

    def __init__(self) -> None:
        self.answered: Deferred[bool] = Deferred()

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(_PING)

    def dataReceived(self, data: bytes) -> None:
        self._is(True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is(False)

    def _is(self, answered: bool) -> None:
        if not self.answered.called:
            self.answered.callback(answered)


async def answers(open_: Callable[[IProtocolFactory], Awaitable[Any]], clock: Any) -> bool:
    """False if the stream ends without a byte. An engine that hangs is there: it may thaw."""
    factory = Factory.forProtocol(Probe)
    factory.noisy = False
    probe: Any = await open_(factory)
    try:
        return bool(await probe.answered.addTimeout(PROBE_LIMIT, clock))
    except TimeoutError:
        return True
    finally:
        probe.transport.abortConnection()
