"""Where a container had best go: to where it was, or to what it may have to share a node with.

Tools that change a container (Ansible, watchtower, people) remove it and make it anew under its
name. On one host its folders are still there then, and so are the ports that others were told of.

Links, ``volumes_from`` and shared namespaces reach no further than a node, and when Compose makes
what others are going to be tied to, nothing tells yet that they will be. Where a project has a
network of its own, that keeps all of it on one node. On the predefined bridge, and where a service
gets a second container, this does, as long as there is room: elsewhere is better than nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from swarmd.core.model import Health
from swarmd.core.predefined import predefined_name
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.projects.compose_labels import NUMBER, ONE_OFF, SERVICE, of_project, project_of

_FIRST = "1"
_SHORT_ID = 12  # characters, as Docker prints IDs


def near(state: State, order: CreateOrder) -> list[str]:
    """Keys of engines, the best first."""
    last = state.last_engine(order.name) if order.replaces is None else ""
    return list(dict.fromkeys((*filter(None, [last]), *companions(state, order))))


def companions(state: State, order: CreateOrder) -> list[str]:
    """Keys of the engines where they are, most of them first; none where none are."""
    labels, config = order.config.labels, order.config
    project = project_of(labels)
    if not project or config.spread or config.containers:
        return []
    members = (*of_project(state, project), *_being_made(state, project))
    everyone = [one for one in members if order.heeds(one)]
    if labels.get(NUMBER) == _FIRST:
        on_bridge = not config.networks and _is_bridge(config.network_mode)
        found = [one for one in everyone if on_bridge and _is_first_on_bridge(one)]
    else:
        service = labels.get(SERVICE)
        alike = (one for one in everyone if one.labels.get(SERVICE) == service)
        found = list(_used(alike, everyone))
    return _engines(state, found, order.leaves)


def _being_made(state: State, project: str) -> Iterator[Container]:
    """Compose makes what does not depend on each other at the same time."""
    for container, _ in state.reservations.pending.values():
        if project_of(container.labels) == project:
            yield container


def _is_first_on_bridge(one: Container) -> bool:
    """Further ones of a service may be anywhere."""
    labels = one.labels
    first = labels.get(NUMBER) == _FIRST and labels.get(ONE_OFF) != "True"
    return first and _is_bridge(one.network_mode)


def _is_bridge(mode: str) -> bool:
    return mode in ("", "default") or (predefined_name(mode) or mode) == "bridge"


def _used(alike: Iterable[Container], everyone: Iterable[Container]) -> Iterator[Container]:
    """Those to which another container is tied."""
    refs = {ref for one in everyone for ref in one.tied}
    for one in alike:
        if refs and any(ref in one.names or _is_id_of(ref, one) for ref in refs):
            yield one


def _is_id_of(ref: str, one: Container) -> bool:
    return len(ref) >= _SHORT_ID and one.id.startswith(ref)


def _engines(state: State, found: Iterable[Container], leaves: str) -> list[str]:
    counts = Counter(one.engine for one in found if one.engine != leaves)
    return [
        key
        for key, _ in counts.most_common()
        if (engine := state.engines.get(key)) and engine.health is Health.HEALTHY
    ]
