"""The listeners: bound before the daemon says that it is ready, closed first when it stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from twisted.python.failure import Failure

Listen = Callable[[str], "Deferred[IListeningPort]"]


class Listeners(Service):
    """The listening ports: every address is listened on, or the start fails.

    Args:
        leave: Called when it is closed, before any other part of the daemon ends.
    """

    _log = Logger()

    def __init__(
        self, addresses: Sequence[str], listen: Listen, leave: Callable[[], None] = lambda: None
    ) -> None:
        self._addresses = addresses
        self._listen = listen
        self._leave = leave
        self._ports: list[IListeningPort] = []

    def privilegedStartService(self) -> None:
        """Before privileges are dropped, so that ports below 1024 can be bound.

        Raises:
            OSError: One of the addresses cannot be listened on; the text says why, in one line.
        """
        super().privilegedStartService()
        for address in self._addresses:
            self._ports.append(self._open(address))
            self._log.info("listening on {address}", address=address)

    def _open(self, address: str) -> IListeningPort:
        """Every server endpoint binds at once, so its Deferred has fired when it is returned."""
        results: list[IListeningPort | Failure] = []
        self._listen(address).addBoth(results.append)
        result = results[0] if results else Failure(TimeoutError("it did not answer"))
        if isinstance(result, Failure):
            raise OSError(f"cannot listen on {address}: {_reason(result.value)}")
        return result

    def stopService(self) -> Deferred[Any]:
        super().stopService()
        closing = [Deferred.fromCoroutine(_closed(port)) for port in self._ports]
        self._ports = []
        self._leave()
        return DeferredList(closing, consumeErrors=True)


def _reason(error: BaseException | None) -> str:
    """Short: of a daemon's start that fails, twistd shows 100 letters."""
    found = error.socketError if isinstance(error, CannotListenError) else error
    return (found.strerror if isinstance(found, OSError) else "") or str(found)


async def _closed(port: IListeningPort) -> None:
    stopping = port.stopListening()
    if stopping is not None:
        await stopping
