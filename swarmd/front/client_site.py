"""What all client connections share: the resource tree, bounds, time limits, counters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Generic, TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.web.http import Request as TwistedRequest
from twisted.web.resource import IResource, getChildForRequest

from swarmd.codec.head import RequestHead
from swarmd.core.index.histogram import Histogram
from swarmd.core.request.bounds import BODY
from swarmd.front.body_budget import BodyBudget
from swarmd.front.interfaces import Access, Audit, Connection, Gate, Request, Successor
from swarmd.front.origin_check import OriginCheck
from swarmd.front.round_robin import RoundRobin
from swarmd.timers.periodic import Periodic

# How often deadlines are looked at, in seconds: one loop for all connections, no timer for each.
SWEEP = 5.0
# Seconds until the head of an answer; what takes longer than the last is counted behind it.
WAITS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
# Those that are counted by name; a client can invent others without end.
_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")}


R = TypeVar("R", bound=TwistedRequest)  # the site's class of requests


def nobody_else() -> None:
    """There is no other process to hear from."""


def _no_shortcut(request: object) -> None:
    return None


class ClientSite(Factory, Generic[R]):
    """The part of a site that its connections and requests use, and that knows neither's class.

    Attributes:
        common_headers: Gives the header lines that every answer has.
        clock: The reactor's time.
        head_limit: Seconds that a head may take to arrive, from its first byte; or the handshake.
        body_pause: Seconds that may pass between two segments of a collected body.
        idle_limit: Seconds that a connection may wait for its next request. Clients keep theirs for
            30 s and more, and engines never close one.
        max_body: Bytes of a collected body, unless its resource has a ``body_limit``.
        gate: Puts requests off: right after the start, or until news has come of processes before.
        round_robin: Requests that clients have sent ahead of an answer.
        body_budget: What the large bodies of all requests take together.
        max_connections: Beyond it, connections are refused in words; far beyond it, without.
        origin_check: What requests pass that a page in a browser could have sent by any name.
        inner_origin_check: What those pass that come by a Unix socket or with a certificate.
        successor: The process that serves in place of this one; this one begins nothing new then.
        leaves: The next answer on each connection is the last: this process serves no longer, and
            nobody takes its connections.
        catch_up: Called before each request: what another process has done, and told its clients,
            is known here from then on.
        audit: Makes a trail for each request that is to be recorded; None records nothing.
        access: Makes a record for each request, which it logs; None where nothing is logged.
        trace_requests: Those that bring no trace begin one.
        requestFactory: Makes a request of the connection that it came on, and of its head.
        requests: How many were answered, by method.
        answers: The same, by status.
        waits: Seconds until the heads of answers, by method.
        errors: How many errors of our own were, by status.
    """

    requestFactory: Callable[[Any, RequestHead], Request]
    noisy = False
    head_limit = 30.0
    body_pause = 60.0
    idle_limit = 300.0
    max_body = BODY
    access: Access[R] | None = None
    successor: Successor | None = None
    leaves = False
    trace_requests = False
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
        gate: Gate | None = None,
        audit: Audit[R] | None = None,
    ) -> None:
        """A site.

        Args:
            refused: Gets the address of who speaks TLS to a plain port, and words on that.
            names: By which it is asked; None for any.
        """
        self.resource = resource
        # A root may know a shorter way than the walk; None means that the walk has to be made.
        self.shortcut: Callable[[R], IResource | None] = getattr(resource, "shortcut", _no_shortcut)
        self.clock = clock
        self.now = clock.seconds
        self.round_robin = RoundRobin(clock)
        self.body_budget = BodyBudget()
        self.common_headers = common_headers
        self.max_connections = max_connections
        self.requests: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.errors: Counter[int] = Counter()
        self.waits: dict[str, Histogram] = defaultdict(partial(Histogram, WAITS))
        self.refused = refused
        self.origin_check, self.inner_origin_check = OriginCheck(names), OriginCheck()
        self.gate = gate
        self.catch_up: Callable[[], None] = nobody_else
        self.audit = audit
        self._connections: set[Connection] = set()
        self._sweep = Periodic(
            clock, SWEEP, self.sweep, failed="connections could not be looked at"
        )

    def startFactory(self) -> None:
        self._sweep.startService()

    def stopFactory(self) -> None:
        self._sweep.stopService()

    @property
    def overrun(self) -> bool:
        """Even refusals are too many."""
        return len(self._connections) >= self.max_connections + 256

    def admit(self, connection: Connection) -> bool:
        """Counts a connection; False if it is one too many, which it is told."""
        self._connections.add(connection)
        return len(self._connections) <= self.max_connections

    def forget(self, connection: Connection) -> None:
        self._connections.discard(connection)

    def leave(self) -> None:
        """swarmd ends: so does all that clients wait for."""
        for connection in list(self._connections):
            connection.leave()

    def pass_on(self) -> None:
        """Connections that wait for a request go to the successor; others as they come to wait."""
        for connection in list(self._connections):
            connection.pass_on()

    def keep(self) -> None:
        """There is no successor after all: what waited for it goes on here."""
        self.successor = None
        self.pass_on()

    def answer_to(self, names: Iterable[str]) -> None:
        """From now on it is asked by these names, also on connections that are open."""
        self.origin_check = OriginCheck(names)
        for connection in self._connections:
            connection.origin_check = None

    @property
    def connections(self) -> int:
        return len(self._connections)

    def sweep(self) -> None:
        """Ends what has waited for too long."""
        now = self.now()
        for each in [c for c in self._connections if c.deadline is not None and c.deadline <= now]:
            try:
                each.expire()
            except Exception:  # noqa: BLE001 - one connection must not end the loop for all
                self._log.failure("while a connection was closed")

    def getResourceFor(self, request: R) -> IResource:
        found: IResource = getChildForRequest(self.resource, request)
        return found

    def answered(self, method: bytes, status: int, waited: float) -> None:
        """The head of an answer goes out."""
        name = _METHODS.get(method, "other")
        self.requests[name] += 1
        self.answers[status] += 1
        self.waits[name].observe(waited)
