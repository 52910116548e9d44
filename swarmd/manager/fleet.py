"""The fleet: every engine that discovery names, with its connections and its tracker.

This is the one place where state, connections and trackers meet. Requests read ``state`` freely,
since one reactor thread owns it all; what they need across an ``await`` they take as a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from twisted.application.service import IServiceCollection, MultiService
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from swarmd.cluster.actions import EngineListed, EngineUnlisted
from swarmd.cluster.state import State
from swarmd.core import version
from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Container, Engine
from swarmd.discovery.source import Entry
from swarmd.engine.tracker import EngineTracker
from swarmd.manager.hub import Hub
from swarmd.streams.link import Link


class TrackerFactory(Protocol):
    """Makes the tracker of one engine; ``service`` gives the clock and the settings."""

    def __call__(
        self, entry: Entry, state: State, on_event: Callable[[str, Mapping[str, Any]], None]
    ) -> EngineTracker: ...


class Fleet(MultiService):
    """All engines, by the key of their line in the hosts file."""

    _log = Logger()

    def __init__(
        self, state: State, hub: Hub, make_tracker: TrackerFactory, now: Callable[[], float]
    ) -> None:
        super().__init__()
        self.state = state
        self.hub = hub
        self.now = now
        self.problem = ""  # of discovery, in words
        self._make_tracker = make_tracker
        self._entries: dict[str, Entry] = {}
        self._trackers: dict[str, EngineTracker] = {}

    # Discovery

    def apply(self, entries: Iterable[Entry]) -> None:
        """Makes the fleet what discovery says; engines that stay keep every stream."""
        self.problem = ""
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
        self.state.dispatch(
            EngineListed(entry.key, entry.address, labels=entry.labels, name=entry.name)
        )
        if entry.key not in self._trackers:
            tracker = self._make_tracker(entry, self.state, self.hub.publish)
            self._trackers[entry.key] = tracker
            tracker.setServiceParent(IServiceCollection(self))

    def _forget(self, key: str) -> None:
        del self._entries[key]
        self._drop_tracker(key)
        self.state.dispatch(EngineUnlisted(key))

    def _drop_tracker(self, key: str) -> None:
        tracker = self._trackers.pop(key)
        stopped = Deferred.fromCoroutine(_awaited(tracker.disownServiceParent()))
        stopped.addErrback(lambda failure: self._log.failure("engine did not stop", failure))

    # Engines

    def engine(self, container: Container) -> Engine:
        return self.state.engines[container.engine]

    def tracker(self, engine: Engine) -> EngineTracker:
        return self._trackers[engine.key]

    def link(self, engine: Engine) -> Link:
        """The connections to a healthy engine; EngineUnreachable, with the reason, otherwise."""
        if not engine.healthy:
            raise EngineUnreachable(engine.name, engine.error or engine.health.value.lower())
        return self._trackers[engine.key].link

    def healthy(self) -> list[Engine]:
        return [engine for engine in self.state.engines.values() if engine.healthy]

    # Versions

    @property
    def api_version(self) -> version.Version:
        """What clients are told; depends on the healthy engines of this moment."""
        return version.advertised(engine.spec.api_max for engine in self.healthy())

    def version_for(self, engine: Engine, asked: version.Version | None) -> version.Version:
        """The API version in which to ask ``engine`` for a client that asked in ``asked``."""
        wanted = asked or self.api_version
        return version.clamp(wanted, engine.spec.api_min, engine.spec.api_max)


async def _awaited(result: Any) -> None:
    if isinstance(result, Deferred):
        await result
