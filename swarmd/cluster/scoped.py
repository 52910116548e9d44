"""The fleet as a scope sees it: what is not in it does not exist.

The view has what resources read, by name, and nothing else: whatever is added to the state later is
missing here, and fails, until somebody has said how much of it a scope may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from swarmd.cluster.state import State
from swarmd.cluster.views.node_table import NodeTable
from swarmd.cluster.views.rows import Row
from swarmd.core.container.container_state import Container
from swarmd.core.index.bits import Bits
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine, Image, Network, Volume
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.scope import Scope

V = TypeVar("V")

_OF_ENGINES = frozenset(
    {
        *("key", "address", "ip", "host_labels", "operator_labels", "given_name", "name", "spec"),
        *("labels", "health", "error", "since", "updated", "failures", "cordoned", "warnings"),
        *("kept_ids", "predefined_ids", "dirty", "stale", "named", "changed_images"),
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

    def __init__(self, index: Any, containers: Mapping[str, Container]) -> None:
        self._index = index
        self._containers = containers

    def find(self, name: str) -> tuple[str, ...]:
        return tuple(one for one in self._index.find(name) if one in self._containers)

    def __iter__(self) -> Iterator[str]:
        return (name for one in self._containers.values() for name in one.names)


class _Ids:
    def __init__(self, index: Any, containers: Mapping[str, Container]) -> None:
        self._index = index
        self._containers = containers

    def starting_with(self, prefix: str, limit: int = 8) -> list[str]:
        found = self._index.starting_with(prefix, len(self._index))
        return [one for one in found if one in self._containers][:limit]


class _Rows:
    def __init__(self, state: State, sight: Sight) -> None:
        self._state = state
        self._shows = sight.container
        self.of = state.catalogue.rows.of

    def newest_first(self, engines: object) -> list[Row]:
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


class _Index:
    """Engines by what they are, as the index has it, and by the images that are seen."""

    _OF_NODES = frozenset(
        {
            *("labels", "names", "health", "everyone", "settle", "where", "keyed", "named"),
            *("labelled", "bearing", "unlabelled", "values"),
            # They only tell where to look; what is seen there is the engine's affair.
            *("networks", "meanings"),
        }
    )

    def __init__(self, state: State, engines: Mapping[str, Engine]) -> None:
        self.images = self
        self._real = state.index
        self._seen = engines

    def __getattr__(self, name: str) -> Any:
        if name not in self._OF_NODES:
            raise AttributeError(name)
        return getattr(self._real, name)

    def of(self, ref: str) -> Bits:
        return self._real.keyed(key for key, one in self._seen.items() if ref in one.image_refs)

    def items(self) -> Iterator[tuple[str, Bits]]:
        refs = {ref for one in self._seen.values() for ref in one.image_refs}
        return ((ref, self.of(ref)) for ref in refs)

    def starting(self, prefix: str) -> Bits:
        """More than are seen: what is seen there is the engine's affair."""
        found: Bits = self._real.images.starting(prefix)
        return found

    def engines(self, among: Bits) -> list[Engine]:
        return [self._seen[engine.key] for engine in self._real.engines(among)]


class ScopedState(State):
    """Reads like the state. Of what changes it, only what a request about seen things needs."""

    def __init__(self, state: State, sight: Sight) -> None:
        self._real = state
        self._sight = sight
        self._known: dict[str, tuple[Engine, Engine]] = {}
        self.containers = FilteredMapping(lambda: state.containers, sight.container)  # type: ignore[assignment]
        self.engines = _Engines(state, self._seen)  # type: ignore[assignment]
        self.catalogue = _Catalogue(state, sight, self.containers)  # type: ignore[assignment]
        self.roster = _Roster(state, self._seen)  # type: ignore[assignment]
        self.index = _Index(state, self.engines)  # type: ignore[assignment]
        self.node_table = NodeTable()
        self.execs = state.execs

    def _seen(self, engine: Engine) -> Engine:
        """One object for one engine, since engines are compared by identity."""
        known = self._known.get(engine.key)
        if known is None or known[0] is not engine:
            known = self._known[engine.key] = engine, ScopedEngine(engine, self._sight)
        return known[1]

    def dispatch(self, action: object) -> None:
        raise PermissionError("news does not come through a scope")

    def reserve(self, *_: object) -> None:
        raise PermissionError("creates do not come through a scope")

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
