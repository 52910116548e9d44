"""What requests may do with the fleet: with the whole one, or with a scope's part.

Whoever answers a client takes a ``FleetView``, so that what he may reach is written here. A member
that is added is an error of the types until the scoped fleet says what it is to a scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from swarmd.cluster.interfaces import StateView
from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine
from swarmd.core.request.scope import Scope
from swarmd.core.request.version import Version
from swarmd.engine.tracker import EngineTracker
from swarmd.manager.fleet.event_hub import FleetEvent, Listener
from swarmd.streams.link import LARGEST_ANSWER, Answer, Link

Query = Sequence[tuple[str, str]]


class HubView(Protocol):
    """The events of what is seen."""

    @property
    def listeners(self) -> int: ...

    def subscribe(self, listener: Listener) -> Callable[[], None]: ...

    def sees(self, event: FleetEvent) -> bool: ...

    def past(self, since: int, until: int) -> list[FleetEvent]: ...

    def describe(self, key: str, event: Mapping[str, Any]) -> FleetEvent: ...


class OtherSwarmds(Protocol):
    """What other swarmds have just made, for whoever does not find it here."""

    async def look_for_container(self, ref: str) -> None: ...

    async def look_for_lists(self) -> None: ...


class FleetView(Protocol):
    """The fleet, as far as a request may go.

    Attributes:
        scope: Whose part of the fleet this is; None for all of it.
        elsewhere: None if there are no other swarmds.
    """

    @property
    def elsewhere(self) -> OtherSwarmds | None: ...

    @property
    def state(self) -> StateView: ...

    @property
    def hub(self) -> HubView: ...

    @property
    def scope(self) -> Scope | None: ...

    @property
    def now(self) -> Callable[[], float]: ...

    @property
    def notices(self) -> Callable[[], Sequence[str]]: ...

    @property
    def problem(self) -> str: ...

    @property
    def changes(self) -> int: ...

    @property
    def distrusted(self) -> dict[str, dict[str, float]]: ...

    @property
    def api_version(self) -> Version: ...

    def version_for(self, engine: Engine, asked: Version | None) -> Version: ...

    def engine(self, container: Container) -> Engine: ...

    def healthy(self) -> list[Engine]: ...

    def tracker(self, engine: Engine) -> EngineTracker: ...

    def link(self, engine: Engine) -> Link: ...

    def target(
        self, engine: Engine, *path: str, query: Query = (), asked: Version | None = None
    ) -> str: ...

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
    ) -> Answer: ...

    def forget(self, container_id: str) -> None: ...
