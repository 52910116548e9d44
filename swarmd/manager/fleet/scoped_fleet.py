"""The fleet behind a scope: the same engines and connections, of which less is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from swarmd.cluster.kept_ids import network_id
from swarmd.cluster.scoped.scoped_state import ScopedState
from swarmd.cluster.scoped.sight import Sight
from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.scope import Scope
from swarmd.core.request.version import Version
from swarmd.engine.tracker import EngineTracker
from swarmd.manager.fleet.event_hub import EventHub, FleetEvent, Listener
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.interfaces import OtherSwarmds, Query
from swarmd.streams.link import LARGEST_ANSWER, Answer, Link


class ScopedHub:
    """A ``HubView``: only the events of what is seen."""

    def __init__(self, hub: EventHub, state: ScopedState, scope: Scope) -> None:
        self._hub = hub
        self._seen = state
        self._scope = scope

    @property
    def listeners(self) -> int:
        return 0

    def describe(self, key: str, event: Any) -> FleetEvent:
        return self._hub.describe(key, event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return self._hub.subscribe(lambda event: listener(event) if self.sees(event) else None)

    def past(self, since: int, until: int) -> list[FleetEvent]:
        return [event for event in self._hub.past(since, until) if self.sees(event)]

    def sees(self, event: FleetEvent) -> bool:
        """By its labels; those of networks and volumes are not in their events.

        What happens to nodes is the operator's affair.
        """
        actor = event.record.get("Actor") or {}
        attributes, actor_id = actor.get("Attributes") or {}, str(actor.get("ID", ""))
        kind = event.record.get("Type", "container")
        if kind in ("container", "image") and self._scope.owns(attributes):
            return True
        if kind == "container":
            return actor_id in self._seen.containers
        engines = self._seen.engines.values()
        if attributes.get("container", actor_id) not in (actor_id, *self._seen.containers):
            return False  # another's container, on a network or with a volume that is shared
        if kind == "network":
            return attributes.get("name") not in PREDEFINED and any(
                actor_id in (one.id, network_id(one))
                for e in engines
                for one in e.networks.values()
            )
        here = attributes.get("node.id")
        return kind == "volume" and any(actor_id in e.volumes for e in engines if e.spec.id == here)


class ScopedFleet:
    """A ``FleetView`` of what a scope sees."""

    def __init__(self, fleet: Fleet, sight: Sight) -> None:
        self._fleet = fleet
        self.state = ScopedState(fleet.state, sight)
        self.scope = sight.scope
        self.hub = ScopedHub(fleet.hub, self.state, sight.scope)
        self.now = fleet.now
        self.distrusted = fleet.distrusted
        # What concerns the operator.
        self.notices: Callable[[], Sequence[str]] = tuple
        self.problem = ""

    @property
    def elsewhere(self) -> OtherSwarmds | None:
        return self._fleet.elsewhere

    @property
    def changes(self) -> int:
        return self._fleet.changes

    @property
    def api_version(self) -> Version:
        return self._fleet.api_version

    def version_for(self, engine: Engine, asked: Version | None) -> Version:
        return self._fleet.version_for(engine, asked)

    def engine(self, container: Container) -> Engine:
        return self.state.engines[container.engine]

    def healthy(self) -> list[Engine]:
        return [engine for engine in self.state.engines.values() if engine.healthy]

    def tracker(self, engine: Engine) -> EngineTracker:
        return self._fleet.tracker(engine)

    def link(self, engine: Engine) -> Link:
        return self._fleet.link(engine)

    def target(
        self, engine: Engine, *path: str, query: Query = (), asked: Version | None = None
    ) -> str:
        return self._fleet.target(engine, *path, query=query, asked=asked)

    async def call(
        self,
        engine: Engine,
        method: str,
        *path: str,
        query: Query = (),
        asked: Version | None = None,
        body: Any = None,
        timeout: float = 10.0,
        limit: int = LARGEST_ANSWER,
        stale: str = "",
    ) -> Answer:
        """Of an engine that is seen; what it is asked is its caller's affair, as with ``link``."""
        return await self._fleet.call(
            engine,
            method,
            *path,
            query=query,
            asked=asked,
            body=body,
            timeout=timeout,
            limit=limit,
            stale=stale,
        )

    def forget(self, container_id: str) -> None:
        known = container_id in self._fleet.state.containers
        if container_id in self.state.containers or not known:
            self._fleet.forget(container_id)
