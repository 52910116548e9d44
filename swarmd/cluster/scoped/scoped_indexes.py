"""The indexes of the state as a scope sees them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from swarmd.cluster.container_index import PrefixIndex
from swarmd.cluster.interfaces import NamesView
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.scoped.sight import Sight
from swarmd.cluster.state import State
from swarmd.cluster.views.rows import Row
from swarmd.core.container.container_state import Container
from swarmd.core.index.bits import Bits
from swarmd.core.model import Engine, Health
from swarmd.core.pattern import Pattern


class _Names:
    """An index of names or of other texts that lead to containers."""

    def __init__(self, index: NamesView, containers: Mapping[str, Container]) -> None:
        self._index = index
        self._containers = containers

    def find(self, name: str) -> tuple[str, ...]:
        return tuple(one for one in self._index.find(name) if one in self._containers)

    def __iter__(self) -> Iterator[str]:
        return (name for one in self._containers.values() for name in one.names)


class _Ids:
    def __init__(self, index: PrefixIndex, containers: Mapping[str, Container]) -> None:
        self._index = index
        self._containers = containers

    def starting_with(self, prefix: str, limit: int = 8) -> list[str]:
        found = self._index.starting_with(prefix, len(self._index))
        return [one for one in found if one in self._containers][:limit]


class _Rows:
    def __init__(self, state: State, sight: Sight) -> None:
        self._state = state
        self._shows = sight.container

    def of(self, container_ids: Iterable[str]) -> list[Row]:
        rows = self._state.catalogue.rows.of(container_ids)
        return [row for row in rows if self._shows(row.container)]

    def newest_first(self, engines: Mapping[str, Engine]) -> list[Row]:
        order = self._state.catalogue.rows.newest_first(self._state.engines)
        return [row for row in order if self._shows(row.container)]


class ScopedCatalogue:
    """A ``CatalogueView`` of what is seen."""

    def __init__(self, state: State, sight: Sight, containers: Mapping[str, Container]) -> None:
        self.names = _Names(state.catalogue.names, containers)
        self.identities = _Names(state.catalogue.identities, containers)
        self.ids = _Ids(state.catalogue.ids, containers)
        self.rows = _Rows(state, sight)
        self._state = state

    @property
    def ports(self) -> ShownPorts | None:
        """Whose containers they are is asked by whoever shows them."""
        return self._state.catalogue.ports

    def start_error(self, container_id: str) -> str:
        """Likewise."""
        return self._state.catalogue.start_error(container_id)


class ScopedRoster:
    """A ``RosterView``, by which engines are seen through the scope."""

    def __init__(self, state: State, seen: Callable[[Engine], Engine]) -> None:
        self._roster = state.roster
        self._seen = seen

    def by_name(self, name: str) -> Engine | None:
        found = self._roster.by_name(name)
        return None if found is None else self._seen(found)

    def owner(self, engine_id: str) -> Engine | None:
        found = self._roster.owner(engine_id)
        return None if found is None else self._seen(found)


class ScopedEngines(Mapping[str, Engine]):
    """All engines, each seen through the scope."""

    def __init__(self, state: State, seen: Callable[[Engine], Engine]) -> None:
        self._engines = state.engines
        self._seen = seen

    def __getitem__(self, key: str) -> Engine:
        return self._seen(self._engines[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)


class _Images:
    """Engines by the images that are seen."""

    def __init__(self, state: State, engines: Mapping[str, Engine]) -> None:
        self._real = state.index
        self._seen = engines

    def of(self, ref: str) -> Bits:
        return self._real.keyed(key for key, one in self._seen.items() if ref in one.image_refs)

    def texts(self, prefix: str) -> Iterator[str]:
        return (ref for ref in self._real.images.texts(prefix) if self._is_seen(ref))

    def _is_seen(self, ref: str) -> bool:
        return any(ref in one.image_refs for one in self._seen.values())

    def starting(self, prefix: str) -> Bits:
        """More than are seen: what is seen there is the engine's affair."""
        return self._real.images.starting(prefix)


class _Networks:
    """Only where to look: what is seen there is the engine's affair."""

    def __init__(self, state: State) -> None:
        self._real = state.index.networks

    def of(self, name: str) -> Bits:
        return self._real.of(name)

    def starting(self, prefix: str) -> Bits:
        return self._real.starting(prefix)


class _Meanings:
    """Only where to look, as with networks."""

    def __init__(self, state: State) -> None:
        self._real = state.index.meanings

    @property
    def split(self) -> Collection[str]:
        return self._real.split


class _Health:
    """Of nodes nothing is hidden."""

    def __init__(self, state: State) -> None:
        self._real = state.index.health

    def of(self, health: Health) -> Bits:
        return self._real.of(health)


class ScopedIndex:
    """An ``IndexView``: engines by what they are, and by what is seen there."""

    def __init__(self, state: State, engines: Mapping[str, Engine]) -> None:
        self.images = _Images(state, engines)
        self.networks = _Networks(state)
        self.meanings = _Meanings(state)
        self.health = _Health(state)
        self._real = state.index
        self._seen = engines

    def refresh(self) -> None:
        self._real.refresh()

    def named(self, pattern: Pattern) -> Bits:
        return self._real.named(pattern)

    def labelled(self, key: str, pattern: Pattern) -> Bits:
        return self._real.labelled(key, pattern)

    def engines(self, among: Bits) -> list[Engine]:
        return [self._seen[engine.key] for engine in self._real.engines(among)]
