"""Look-up of one thing by any name that a user may give it.

Containers: full ID, exact name (plain or ``node/name``), Swarm ID, unique start of an ID, in this
order. Two that fit are an error that names both, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from swarmd.cluster.interfaces import StateView
from swarmd.cluster.kept_ids import network_id
from swarmd.core.container.container_state import Container
from swarmd.core.errors import Ambiguous, NoSuchContainer, NoSuchExec, NotFound
from swarmd.core.model import Engine, Network, Volume
from swarmd.core.names import split_node
from swarmd.core.predefined import GATEWAY, PREDEFINED

V = TypeVar("V", Network, Volume)


def find_container(state: StateView, ref: str) -> Container:
    """Raises NoSuchContainer, or Ambiguous with names that are accepted."""
    container = state.containers.get(ref)
    if container is not None:
        return container
    found = _named(state, ref.removeprefix("/")) or _identified(state, ref) or _started(state, ref)
    if len(found) > 1:
        raise Ambiguous("container", ref, [qualified(state, container) for container in found])
    if not found:
        raise NoSuchContainer(ref)
    return found[0]


def qualified(state: StateView, container: Container) -> str:
    """``node/name``, which is unique even where names are not."""
    return f"{state.engines[container.engine].name}/{container.name or container.id}"


def _named(state: StateView, name: str) -> list[Container]:
    """Those of this very name; ``other/alias`` may be a link's alias as well as a node's."""
    found = [state.containers[container_id] for container_id in state.catalogue.names.find(name)]
    node, plain = split_node(name)
    engine = state.roster.by_name(node) if node else None
    if engine is None:
        return found
    ids = state.catalogue.names.find(plain) or (plain,)
    return [engine.containers[one] for one in ids if one in engine.containers] or found


def _identified(state: StateView, identity: str) -> list[Container]:
    return [state.containers[found] for found in state.catalogue.identities.find(identity)]


def _started(state: StateView, prefix: str) -> list[Container]:
    if not prefix:
        return []
    return [state.containers[found] for found in state.catalogue.ids.starting_with(prefix)]


def find_exec(state: StateView, exec_id: str) -> Container:
    """The container of an exec that was made through us, by its full ID; raises NoSuchExec."""
    container = state.containers.get(state.execs.get(exec_id) or "")
    if container is None:
        raise NoSuchExec(exec_id)
    return container


def find_engine(state: StateView, ref: str) -> Engine:
    """By name, address or engine ID; raises NotFound."""
    engine = state.roster.by_name(ref) or state.engines.get(ref) or state.roster.owner(ref)
    if engine is None:
        raise NotFound(f"No such node: {ref}")
    return engine


class Found(NamedTuple, Generic[V]):
    """A network or volume, and every engine that has this very one."""

    value: V
    engines: tuple[Engine, ...]

    @property
    def engine(self) -> Engine:
        return self.engines[0]


def find_network(state: StateView, ref: str) -> Found[Network]:
    """By ID (also one kept from before a move), name, ``node/name`` or unique start of an ID.

    A global network and the predefined ones are one network on several engines, by whichever of
    their IDs they are asked for.
    """
    engines, name = _scope(state, ref)
    exact = _among(state, engines, name)
    found = (
        [(one, engine) for one, engine in exact if name in (one.id, network_id(one))]
        or [(one, engine) for one, engine in exact if one.name == name]
        or _started_networks(state, engines, name)
    )
    if not found:
        raise NotFound(f"network {ref} not found")
    only = _one("network", ref, found, network_identity)
    predefined = only.value.name
    own = predefined in PREDEFINED and ref != predefined and "/" not in ref
    return find_network(state, predefined) if own else only


def networks_meant(state: StateView, name: str) -> list[tuple[Network, Engine]]:
    """All that an engine could take ``name`` for: by name, by ID, or by the start of one."""
    return [
        (one, engine)
        for one, engine in _among(state, state.engines.values(), name, start=True)
        if name == one.name or one.id.startswith(name) or network_id(one).startswith(name)
    ]


def _among(
    state: StateView, engines: Iterable[Engine], name: str, *, start: bool = False
) -> list[tuple[Network, Engine]]:
    """The networks of those of ``engines`` that have one of that name or ID, or start of it."""
    index = state.index
    index.refresh()
    having = index.engines(index.networks.starting(name) if start else index.networks.of(name))
    if isinstance(engines, tuple):
        having = [engine for engine in having if engine in engines]
    return [(one, engine) for engine in having for one in engine.networks.values()]


def _started_networks(
    state: StateView, engines: Iterable[Engine], name: str
) -> list[tuple[Network, Engine]]:
    if not name:
        return []
    return [
        (one, engine)
        for one, engine in _among(state, engines, name, start=True)
        if one.id.startswith(name) or network_id(one).startswith(name)
    ]


def network_identity(network: Network, engine: Engine) -> str:
    """One for what every engine has of its own, under one name."""
    of_each = network.name in PREDEFINED or (network.name == GATEWAY and network.scope == "local")
    return network.name if of_each else network_id(network)


def find_volume(state: StateView, ref: str) -> Found[Volume]:
    """By name or ``node/name``; a volume of a global driver is one volume on several engines."""
    engines, name = _scope(state, ref)
    found = [(engine.volumes[name], engine) for engine in engines if name in engine.volumes]
    if not found:
        raise NotFound(f"get {ref}: no such volume")
    return _one("volume", ref, found, volume_identity)


def volume_identity(volume: Volume, engine: Engine) -> str:
    return volume.name if volume.scope == "global" else f"{engine.name}/{volume.name}"


def _scope(state: StateView, ref: str) -> tuple[Iterable[Engine], str]:
    """Where to look for what: ``node/name`` names one engine."""
    node, name = split_node(ref)
    engine = state.roster.by_name(node) if node else None
    return ((engine,), name) if engine is not None else (state.engines.values(), ref)


def _one(
    kind: str, ref: str, found: Sequence[tuple[V, Engine]], identity: Callable[[V, Engine], str]
) -> Found[V]:
    if len({identity(value, engine) for value, engine in found}) > 1:
        raise Ambiguous(kind, ref, _accepted(found))
    return Found(found[0][0], tuple(engine for _, engine in found))


def _accepted(found: Sequence[tuple[V, Engine]]) -> list[str]:
    """A reference to each that leads to it alone: an engine may have two networks of one name."""
    names = [f"{engine.name}/{value.name}" for value, engine in found]
    return [
        network_id(value) if isinstance(value, Network) and names.count(name) > 1 else name
        for name, (value, _) in zip(names, found, strict=True)
    ]
