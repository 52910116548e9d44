"""The fleet: every engine that discovery names, with its connections and its tracker.

This is the one place where state, connections and trackers meet. Requests read ``state`` freely,
since one reactor thread owns it all; what they need across an ``await`` they take as a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import orjson
from twisted.application.service import MultiService
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.certificates.expiry import Expiry
from swarmd.cluster.actions import Action, EngineListed, EngineUnlisted
from swarmd.cluster.state import State
from swarmd.codec.query import render_query
from swarmd.core.addresses import parse_address
from swarmd.core.agreement import Agreement
from swarmd.core.container.container_state import Container
from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Engine, Health, Spec
from swarmd.core.request import version
from swarmd.core.request.scope import Scope
from swarmd.discovery.source import Entry
from swarmd.engine.tracker import EngineTracker
from swarmd.engine.tracking_context import TrackingContext
from swarmd.manager.fleet.event_hub import EventHub
from swarmd.manager.fleet.sources import Sources
from swarmd.manager.interfaces import OtherSwarmds
from swarmd.manager.interfaces import Query as Query
from swarmd.streams.link import LARGEST_ANSWER, Answer, Link

Standing = tuple[Health, Spec]


class Fleet(MultiService):
    """All engines, by the key of their line in the hosts file.

    Attributes:
        problem: What is wrong with discovery, in words; "" if nothing is.
        placements: How many creates ended how.
        ready: Whether clients should be sent here.
        notices: Asks for what else the operator should know of swarmd itself.
        bad_files: By what they are, asks what is wrong with files as they are now.
        expiring: Asks when certificates and CRLs end.
        agreement: Asks how this swarmd and others agree; None of one that is alone.
        lists: How many lists of engines discovery has brought.
        changes: Grows whenever an engine comes, goes, or turns out to be another than was known.
        scope: Whose part of the fleet this is; None for all of it.
        distrusted: Key -> what is listed -> until when (wall-clock seconds) reads do not wait for
            that engine's list.
        elsewhere: As of ``FleetView``.
        network_driver: Of a network that is created without saying which.
    """

    scope: Scope | None = None
    _log = Logger()

    def __init__(
        self,
        state: State,
        hub: EventHub,
        context: TrackingContext,
        make_link: Callable[[Entry], Link],
        now: Callable[[], float],
    ) -> None:
        super().__init__()
        self.state = state
        self.hub = hub
        self.now = now
        self.clock: IReactorTime = context.clock
        self.problem = ""
        self.placements: Counter[str] = Counter()
        self.ready: Callable[[], bool] = lambda: True
        self.notices: Sources[str] = Sources()
        self.bad_files: dict[str, Callable[[], Sequence[str]]] = {}
        self.expiring: Sources[Expiry] = Sources()
        self.agreement: Callable[[], Agreement | None] = lambda: None
        self.lists = 0
        self.changes = 0
        self.elsewhere: OtherSwarmds | None = None
        self.network_driver = "bridge"
        self.distrusted: dict[str, dict[str, float]] = {}
        self._context = replace(context, dispatch=self.dispatch)
        self._make_link = make_link
        self._entries: dict[str, Entry] = {}
        self._trackers: dict[str, EngineTracker] = {}
        self._links: dict[str, Link] = {}
        self._spoken: Counter[version.Version] = Counter()  # newest API version -> healthy engines
        self._api_version = version.ADVERTISED_FLOOR

    # News

    def dispatch(self, action: Action) -> None:
        """Takes news into the state, and draws what it means for connections and versions."""
        engine = self.state.engines.get(action.key)
        before = (engine.health, engine.spec) if engine is not None else None
        self.state.dispatch(action)
        engine = self.state.engines.get(action.key)
        after = (engine.health, engine.spec) if engine is not None else None
        if before != after or isinstance(action, EngineListed):
            self.changes += 1
        if before != after:
            self.distrusted.pop(action.key, None)
            self._recount(before, after)
            if engine is not None and not engine.healthy and action.key in self._links:
                self._links[action.key].interrupt(engine.error)

    def _recount(self, before: Standing | None, after: Standing | None) -> None:
        """The version that clients are told, without asking a thousand engines for theirs."""
        for standing, change in ((before, -1), (after, 1)):
            if standing is not None and standing[0] is Health.HEALTHY:
                self._spoken[standing[1].api_max] += change
        self._api_version = version.advertised(+self._spoken)

    def retime(
        self, heartbeat: float, failure_retry: int, refresh_min: float, refresh_max: float
    ) -> None:
        """Other pauses between what engines are asked, in seconds."""
        self._context.retime(heartbeat, failure_retry, refresh_min, refresh_max)

    # Discovery

    def apply(self, entries: Iterable[Entry]) -> None:
        """Makes the fleet what discovery says; engines that stay keep every stream."""
        self.problem = ""
        self.lists += 1
        wanted = {entry.key: entry for entry in entries}
        for key in [key for key in self._entries if key not in wanted]:
            self._forget(key)
        for key, entry in wanted.items():
            if self._entries.get(key) != entry:
                self._adopt(entry)

    def report(self, problem: str) -> None:
        """Discovery failed or met a bad line; the engines known so far stay."""
        self.problem = problem
        self._log.warn("discovery: {problem}", problem=problem)

    def _adopt(self, entry: Entry) -> None:
        old = self._entries.get(entry.key)
        self._entries[entry.key] = entry
        if old is not None and not entry.same_connection(old):
            self._drop_tracker(entry.key)
        ip = _literal(parse_address(entry.address).host)
        self.dispatch(EngineListed(entry.key, entry.address, ip, entry.labels, entry.name))
        if entry.key not in self._trackers:
            link = self._links[entry.key] = self._make_link(entry)
            link.translate(self.state.engines[entry.key].ids)
            tracker = EngineTracker(entry.key, link, self._context)
            self._trackers[entry.key] = tracker
            tracker.setServiceParent(self)

    def _forget(self, key: str) -> None:
        del self._entries[key]
        self._drop_tracker(key)
        self.dispatch(EngineUnlisted(key))

    def _drop_tracker(self, key: str) -> None:
        """Nothing new goes there; streams under way end when they end."""
        self._links.pop(key).retire()
        self._trackers.pop(key).disownServiceParent()

    # Engines

    def engine(self, container: Container) -> Engine:
        return self.state.engines[container.engine]

    def tracker(self, engine: Engine) -> EngineTracker:
        """EngineUnreachable if it was taken off the list meanwhile."""
        self._check_listed(engine)
        return self._trackers[engine.key]

    def link(self, engine: Engine) -> Link:
        """The connections to a healthy engine; EngineUnreachable, with the reason, otherwise."""
        if not engine.healthy:
            raise EngineUnreachable(engine.name, engine.error or engine.health.value.lower())
        self._check_listed(engine)
        return self._links[engine.key]

    def _check_listed(self, engine: Engine) -> None:
        """Who was waiting for something may still hold an engine that is no longer ours."""
        if engine.key not in self._links:
            raise EngineUnreachable(engine.name, "it was taken off the list of engines")

    def healthy(self) -> list[Engine]:
        return [engine for engine in self.state.engines.values() if engine.healthy]

    def failed_calls(self) -> Iterator[tuple[str, int]]:
        """Of each node, how many calls came to no answer."""
        for key, engine in self.state.engines.items():
            if engine.name and key in self._links:
                yield engine.name, self._links[key].failed_calls

    def forget(self, container_id: str) -> None:
        """An engine acknowledged that the container is gone."""
        self.state.gone(container_id)

    def summary(self) -> str:
        """One line for whoever supervises the daemon."""
        return f"{len(self.healthy())} of {len(self.state.engines)} nodes are healthy"

    # Versions

    @property
    def api_version(self) -> version.Version:
        """What clients are told; depends on the healthy engines of this moment."""
        return self._api_version

    def version_for(self, engine: Engine, asked: version.Version | None) -> version.Version:
        """The API version in which to ask ``engine`` for a client that asked in ``asked``."""
        wanted = asked or self.api_version
        return version.clamp(wanted, engine.spec.api_min, engine.spec.api_max)

    # Calls

    def target(
        self, engine: Engine, *path: str, query: Query = (), asked: version.Version | None = None
    ) -> str:
        """The request's target in the API version that ``engine`` speaks.

        Args:
            path: Its parts; whatever is in one of them, it stays one.
            asked: The version in which a client asked, if it is for one.
        """
        spoken = version.show(self.version_for(engine, asked))
        parts = [quote(part, safe=":@", errors="surrogateescape") for part in path]
        line = "/".join([f"/v{spoken}", *parts])
        return f"{line}?{render_query(query)}" if query else line

    async def call(
        self,
        engine: Engine,
        method: str,
        *path: str,
        query: Query = (),
        asked: version.Version | None = None,
        body: Any = None,
        timeout: float = 10.0,
        limit: int = LARGEST_ANSWER,
        stale: str = "",
        gate: Callable[[], str] | None = None,
    ) -> Answer:
        """One call to one engine: its whole answer, whatever the status (see ``answers``).

        Args:
            path: As of ``target``, as are ``query`` and ``asked``.
            body: A JSON value.
            timeout: Seconds for all of it.
            stale: The list that is to be read again after this, also if no answer comes.
            gate: As of ``EngineCall``.

        Raises:
            EngineUnreachable: ``sent`` tells whether it may have acted.
        """
        target = self.target(engine, *path, query=query, asked=asked)
        link, encoded = self.link(engine), orjson.dumps(body) if body is not None else b""
        try:
            return await link.call(
                method, target, body=encoded, timeout=timeout, limit=limit, gate=gate
            )
        finally:
            if stale:
                self.state.mark_stale(engine.key, stale)


def _literal(host: str) -> str:
    """``host`` if it is an IP address, else ""."""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
