"""The listeners: bound before the daemon says that it is ready, closed first when it stops.

They may be handed on to the next process of swarmd, and taken from the one before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.service.process.listen import BoundPorts, remove_dead_socket

# Called with an address and the descriptors of sockets that listen there already.
Listen = Callable[[str, Sequence[int]], "Deferred[IListeningPort]"]

_UNIX = "unix://"


class Listeners(Service):
    """The listening ports: every address is listened on, or the start fails.

    Attributes:
        addresses: Those that are listened on.
        given: By address, the descriptors of sockets that listen there already; they are closed
            once they are in use.
        held: Nobody is let in for now; who connects waits.

    Args:
        leave: Called when it is closed, before any other part of the daemon ends.
    """

    _log = Logger()

    def __init__(
        self, addresses: Sequence[str], listen: Listen, leave: Callable[[], None] = lambda: None
    ) -> None:
        self.given: Mapping[str, Sequence[int]] = {}
        self.held = False
        self.addresses = addresses
        self._listen = listen
        self._leave = leave
        self._ports: dict[str, IListeningPort] = {}

    def privilegedStartService(self) -> None:
        """Before privileges are dropped, so that ports below 1024 can be bound.

        Raises:
            OSError: One of the addresses cannot be listened on; the text says why, in one line.
        """
        super().privilegedStartService()
        try:
            for address in self.addresses:
                self._ports[address] = self._open(address)
                words = "taken over" if address in self.given else "listening"
                self._log.info("{words} on {address}", words=words, address=address)
        finally:
            for descriptor in (each for some in self.given.values() for each in some):
                os.close(descriptor)
            self.given = {}
        if self.held:
            self.hold()

    def _open(self, address: str) -> IListeningPort:
        """Every server endpoint binds at once, so its Deferred has fired when it is returned."""
        results: list[IListeningPort | Failure] = []
        self._listen(address, self.given.get(address, ())).addBoth(results.append)
        result = results[0] if results else Failure(TimeoutError("it did not answer"))
        if isinstance(result, Failure):
            raise OSError(f"cannot listen on {address}: {_reason(result.value)}")
        return result

    def stopService(self) -> Deferred[Any]:
        super().stopService()
        closing = [Deferred.fromCoroutine(_closed(*each)) for each in self._ports.items()]
        self._ports = {}
        self._leave()
        return DeferredList(closing, consumeErrors=True)

    # For the hand-over

    @property
    def connections(self) -> int:
        """They are the site's."""
        return 0

    def hold(self) -> None:
        """Who connects from now on waits to be let in."""
        self.held = True
        for port in self._single(self._ports.values()):
            port.stopReading()

    def let_in(self) -> None:
        self.held = False
        for port in self._single(self._ports.values()):
            port.startReading()

    def descriptors(self) -> dict[str, list[int]]:
        """Of the listening sockets, by address; they stay ours."""
        return {
            address: [port.fileno() for port in self._single([port])]
            for address, port in self._ports.items()
        }

    def give_up(self, kept: Sequence[str]) -> None:
        """Another process listens from now on: on ``kept``, of which all paths must stay."""
        for address, port in self._ports.items():
            for each in self._single([port]):
                each.stopReading()
                each.socket.close()
            if address not in kept:
                _remove_path(address)
        self._ports = {}

    def _single(self, ports: Any) -> list[Any]:
        found: list[Any] = []
        for port in ports:
            found += port.ports if isinstance(port, BoundPorts) else [port]
        return found


class Listening(Protocol):
    """Some listeners of the process.

    Attributes:
        addresses, given, held: As of ``Listeners``.
        connections: That go on when nobody listens any more, beside those of the site.
    """

    addresses: Sequence[str]
    given: Mapping[str, Sequence[int]]
    held: bool

    @property
    def connections(self) -> int: ...

    def hold(self) -> None: ...

    def let_in(self) -> None: ...

    def descriptors(self) -> dict[str, list[int]]: ...

    def give_up(self, kept: Sequence[str]) -> None: ...


class ListenerGroup:
    """All listeners of the process, as a hand-over has to do with them."""

    def __init__(self, every: Sequence[Listening]) -> None:
        self._every = every

    @property
    def connections(self) -> int:
        return sum(each.connections for each in self._every)

    def take(self, given: Mapping[str, Sequence[int]]) -> None:
        """Sockets that listen already, by address; nobody is let in for now."""
        mine: set[str] = set()
        for each in self._every:
            each.held = True
            each.given = {at: given[at] for at in each.addresses if at in given}
            mine.update(each.given)
        for descriptor in (one for at, some in given.items() if at not in mine for one in some):
            os.close(descriptor)

    @property
    def addresses(self) -> list[str]:
        return [address for each in self._every for address in each.addresses]

    def hold(self) -> None:
        for each in self._every:
            each.hold()

    def let_in(self) -> None:
        for each in self._every:
            each.let_in()

    def descriptors(self) -> dict[str, list[int]]:
        return {at: some for each in self._every for at, some in each.descriptors().items()}

    def give_up(self, kept: Sequence[str]) -> None:
        for each in self._every:
            each.give_up(kept)


def _reason(error: BaseException | None) -> str:
    """Short: of a daemon's start that fails, twistd shows 100 letters."""
    found = error.socketError if isinstance(error, CannotListenError) else error
    return (found.strerror if isinstance(found, OSError) else "") or str(found)


async def _closed(address: str, port: IListeningPort) -> None:
    stopping = port.stopListening()
    if stopping is not None:
        await stopping
    _remove_path(address)


def _remove_path(address: str) -> None:
    """Of a Unix socket that was taken over, and that nobody listens on any more."""
    if address.startswith(_UNIX):
        try:
            remove_dead_socket(address.removeprefix(_UNIX))
        except OSError:
            return
