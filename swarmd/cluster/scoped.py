"""The state as a scope sees it: what is not in it does not exist.

The view has what ``StateView`` names, and nothing else: whatever is added there is missing here, an
error of the types, until somebody has said how much of it a scope may see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from swarmd.cluster.container_index import PrefixIndex
from swarmd.cluster.interfaces import NamesView
from swarmd.cluster.state import State
from swarmd.cluster.views.node_table import NodeTable
from swarmd.cluster.views.rows import Row
from swarmd.core.container.container_state import Container
from swarmd.core.index.bits import Bits
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine, Health, Image, Network, Volume
from swarmd.core.pattern import Pattern
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.scope import Scope

V = TypeVar("V")

_OF_ENGINES = frozenset(
    {
        *("key", "address", "ip", "host_labels", "operator_labels", "given_name", "name", "spec"),
        *("labels", "health", "error", "since", "updated", "failures", "cordoned", "warnings"),
        *("kept_ids", "predefined_ids", "ids", "dirty", "stale", "named", "changed_images"),
    }
)


class FilteredMapping(Mapping[str, V]):
    """The items of a mapping that a test lets through, as they are at each look."""

    def __init__(self, whole: Callable[[], Mapping[str, V]], shows: Callable[[V], bool]) -> None:
        self._whole = whole
        self._shows = shows

    def __getitem__(self, key: str) -> V:
        value = self._whole()[key]
        if not self._shows(value):
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return (key for key, value in self._whole().items() if self._shows(value))

    def __len__(self) -> int:
        return sum(map(self._shows, self._whole().values()))


class Sight:
    """What a scope sees: its own, and, unless ``strict``, what is shared.

    Images that carry no label of the scope's key are nobody's, and shared. Networks and volumes
    are shared by name.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        strict: bool = False,
        networks: Callable[[str], bool] = lambda name: False,
        volumes: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.scope = scope
        self._strict = strict
        self._networks = networks
        self._volumes = volumes

    def container(self, container: Container) -> bool:
        return self.scope.owns(container.labels)

    def image(self, image: Image) -> bool:
        shared = self.scope.key not in image.labels and not self._strict
        return shared or self.scope.owns(image.labels)

    def network(self, network: Network) -> bool:
        if network.name in PREDEFINED:
            return True
        shared = self._networks(network.name) and not self._strict
        return shared or self.scope.owns(network.labels)

    def volume(self, volume: Volume) -> bool:
        shared = self._volumes(volume.name) and not self._strict
        return shared or self.scope.owns(volume.labels)


class ScopedEngine(Engine):
    """An engine with the part of its content that is seen.

    Its own slots stay empty, so each look comes to ``__getattr__``, which hands on what is named.
    """

    __slots__ = ("_parts", "_real", "_sight")

    def __init__(self, real: Engine, sight: Sight) -> None:
        self._real = real
        self._sight = sight
        self._parts = {
            "containers": FilteredMapping(lambda: real.containers, sight.container),
            "images": FilteredMapping(lambda: real.images, sight.image),
            "image_refs": FilteredMapping(lambda: real.image_refs, self._sees_image),
            "networks": FilteredMapping(lambda: real.networks, sight.network),
            "volumes": FilteredMapping(lambda: real.volumes, sight.volume),
        }

    def __getattr__(self, name: str) -> Any:
        if name in _OF_ENGINES:
            return getattr(self._real, name)
        if name == "tally":
            return self._tally()
        part: Any = self._parts.get(name)
        if part is None:
            raise AttributeError(name)
        return part

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def _sees_image(self, image_id: str) -> bool:
        image = self._real.images.get(image_id)
        return image is not None and self._sight.image(image)

    def _tally(self) -> Tally:
        tally = Tally()
        for container in self.containers.values():
            tally.add(container)
        return tally


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


class _Catalogue:
    def __init__(self, state: State, sight: Sight, containers: Mapping[str, Container]) -> None:
        self.names = _Names(state.catalogue.names, containers)
        self.identities = _Names(state.catalogue.identities, containers)
        self.ids = _Ids(state.catalogue.ids, containers)
        self.rows = _Rows(state, sight)


class _Roster:
    def __init__(self, state: State, seen: Callable[[Engine], Engine]) -> None:
        self._roster = state.roster
        self._seen = seen

    def by_name(self, name: str) -> Engine | None:
        found = self._roster.by_name(name)
        return None if found is None else self._seen(found)

    def owner(self, engine_id: str) -> Engine | None:
        found = self._roster.owner(engine_id)
        return None if found is None else self._seen(found)


class _Engines(Mapping[str, Engine]):
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


class _Index:
    """Engines by what they are, and by what is seen there."""

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


class _Execs:
    """Whose an exec is, also another's: the container is looked up in what is seen."""

    def __init__(self, state: State) -> None:
        self._execs = state.execs

    def get(self, exec_id: str) -> str | None:
        return self._execs.get(exec_id)


class ScopedState:
    """A ``StateView``: of what changes the state, it has what a request about seen things needs."""

    def __init__(self, state: State, sight: Sight) -> None:
        self._real = state
        self._sight = sight
        self._known: dict[str, tuple[Engine, Engine]] = {}
        self.containers = FilteredMapping(lambda: state.containers, sight.container)
        self.engines = _Engines(state, self._seen)
        self.catalogue = _Catalogue(state, sight, self.containers)
        self.roster = _Roster(state, self._seen)
        self.index = _Index(state, self.engines)
        self.node_table = NodeTable()
        self.execs = _Execs(state)
        self.placeholders = state.placeholders
        self.handovers = state.handovers

    def _seen(self, engine: Engine) -> Engine:
        """One object for one engine, since engines are compared by identity."""
        known = self._known.get(engine.key)
        if known is None or known[0] is not engine:
            known = self._known[engine.key] = engine, ScopedEngine(engine, self._sight)
        return known[1]

    def add_exec(self, exec_id: str, container_id: str) -> None:
        self._real.add_exec(exec_id, container_id)

    def mark_dirty(self, container_id: str) -> None:
        self._real.mark_dirty(container_id)

    def mark_stale(self, key: str, what: str) -> None:
        self._real.mark_stale(key, what)

    def image_named(self, key: str, tag: str, image_id: str, when: float) -> None:
        self._real.image_named(key, tag, image_id, when)

    def images_changed(self, key: str, names: Iterable[str]) -> None:
        self._real.images_changed(key, names)

    def images_gone(self, key: str, names: Iterable[str]) -> None:
        self._real.images_gone(key, names)

    def reserve_name(self, name: str, container_id: str) -> None:
        self._real.reserve_name(name, container_id)

    def release_name(self, name: str, container_id: str, *, granted: bool | None) -> None:
        self._real.release_name(name, container_id, granted=granted)
