"""What all client connections share: the resource tree, bounds, time limits, common headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.web.http import datetimeToString
from twisted.web.resource import IResource, getChildForRequest

from swarmd.core.bounds import BODY
from swarmd.front.body_room import BodyRoom
from swarmd.front.channel import Channel
from swarmd.front.gate import Gate
from swarmd.front.identity import proves_itself
from swarmd.front.in_turn import InTurn
from swarmd.front.ports import Audit, StartupGate
from swarmd.front.request import DockerRequest
from swarmd.timers.periodic import Periodic

# How often deadlines are looked at, in seconds: one loop for all connections, no timer for each.
SWEEP = 5.0
# Those that are counted by name; a client can invent others without end.
_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")}


Shortcut = Callable[[DockerRequest], IResource | None]


def _no_shortcut(request: DockerRequest) -> None:
    return None


class CommonHeaders:
    """Header lines that every answer has, rendered once a second."""

    def __init__(self, now: Callable[[], float], version: str, api: Callable[[], str]) -> None:
        """``now`` is the wall clock; ``api`` tells the advertised API version."""
        self._now = now
        self._server = b"swarmd/" + version.encode()
        self._api = api
        self._second = -1
        self._lines = b""

    def __call__(self) -> bytes:
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._lines = self._render(second)
        return self._lines

    def _render(self, second: int) -> bytes:
        return (
            b"Api-Version: %b\r\nDocker-Experimental: false\r\nOstype: linux\r\n"
            b"Server: %b (linux)\r\nDate: %b\r\n"
        ) % (self._api().encode(), self._server, datetimeToString(second))


class DockerSite(Factory):
    """The factory of channels.

    Attributes:
        common_headers: Gives the header lines that every answer has.
        clock: The reactor's time.
        head_limit: Seconds that a head may take to arrive, from its first byte; or the handshake.
        body_pause: Seconds that may pass between two segments of a collected body.
        idle_limit: Seconds that a connection may wait for its next request. Clients keep theirs for
            30 s and more, and engines never close one.
        max_body: Bytes of a collected body, unless its resource has a ``body_limit``.
        startup: Puts requests off right after the start; None if nothing does.
        in_turn: Requests that clients have sent ahead of an answer.
        room: What the large bodies of all requests take together.
        max_connections: Beyond it, connections are refused in words; far beyond it, without.
        gate: What requests have to pass that a page in a browser could have sent by any name.
        inner_gate: What those have to pass that come by a Unix socket or with a certificate.
        audit: Makes a trail for each request that is to be recorded; None records nothing.
        requests: How many were answered, by method.
        errors: How many errors of our own were, by status.
    """

    noisy = False
    head_limit = 30.0
    body_pause = 60.0
    idle_limit = 300.0
    max_body = BODY
    _log = Logger()

    def __init__(
        self,
        resource: IResource,
        clock: IReactorTime,
        common_headers: Callable[[], bytes] = bytes,
        *,
        max_connections: int = 16384,
        refused: Callable[[Any, str], None] = lambda client, why: None,
        names: Iterable[str] | None = None,
        startup: StartupGate | None = None,
        audit: Audit | None = None,
    ) -> None:
        """A site.

        Args:
            refused: Gets the address of who speaks TLS to a plain port, and words on that.
            names: By which it is asked; None for any.
        """
        self.resource = resource
        # A root may know a shorter way than the walk; None means that the walk has to be made.
        self.shortcut: Shortcut = getattr(resource, "shortcut", _no_shortcut)
        self.clock = clock
        self.now = clock.seconds
        self.in_turn = InTurn(clock)
        self.room = BodyRoom()
        self.common_headers = common_headers
        self.max_connections = max_connections
        self.requests: Counter[str] = Counter()
        self.errors: Counter[int] = Counter()
        self.refused = refused
        self.gate, self.inner_gate = Gate(names), Gate()
        self.startup = startup
        self.audit = audit
        self._channels: set[Channel] = set()
        self._sweep = Periodic(
            clock, SWEEP, self.sweep, failed="connections could not be looked at"
        )

    def startFactory(self) -> None:
        self._sweep.startService()

    def stopFactory(self) -> None:
        self._sweep.stopService()

    def buildProtocol(self, addr: IAddress | None) -> Channel | None:  # type: ignore[override]
        """A channel; None, which closes at once, if even refusals are too many."""
        if len(self._channels) >= self.max_connections + 256:
            return None
        return Channel(self)

    def admit(self, channel: Channel) -> bool:
        """Counts a connection; False if it is one too many, which it is told."""
        self._channels.add(channel)
        return len(self._channels) <= self.max_connections

    def gate_of(self, channel: Channel) -> Gate:
        """Asked at the first request, when a TLS handshake is over."""
        return self.inner_gate if proves_itself(channel.transport) else self.gate

    def forget(self, channel: Channel) -> None:
        self._channels.discard(channel)

    def leave(self) -> None:
        """swarmd ends: so does all that clients wait for."""
        for channel in list(self._channels):
            channel.leave()

    @property
    def connections(self) -> int:
        return len(self._channels)

    def sweep(self) -> None:
        """Ends what has waited for too long."""
        now = self.now()
        for channel in [c for c in self._channels if c.deadline is not None and c.deadline <= now]:
            try:
                channel.expire()
            except Exception:  # noqa: BLE001 - one connection must not end the loop for all
                self._log.failure("while a connection was closed")

    def getResourceFor(self, request: DockerRequest) -> IResource:
        found: IResource = getChildForRequest(self.resource, request)
        return found

    def log(self, request: DockerRequest) -> None:
        """Called at the end of each request; a line for each would cost a third of its time."""
        self.requests[_METHODS.get(request.method, "other")] += 1
