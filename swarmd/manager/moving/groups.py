"""Which containers of a node move together: those that reach each other over its networks. Pure.

A local network is on one node. Of a project that is torn in two, each half still runs, and finds
the other no more.
"""

from __future__ import annotations

from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine
from swarmd.core.predefined import PREDEFINED


def groups(engine: Engine) -> list[list[Container]]:
    """All containers of ``engine``: those that share local networks, directly or through others.

    The oldest first, of groups and within each.
    """
    networks = engine.networks.values()
    local = {one.name for one in networks if one.scope == "local"} - PREDEFINED
    by_age = sorted(engine.containers.values(), key=lambda container: container.created)
    members: dict[str, list[Container]] = {name: [] for name in local}
    for container in by_age:
        for name, _ in container.networks:
            if name in local:
                members[name].append(container)
    seen: set[str] = set()
    found = [_group(container, members, seen) for container in by_age]
    return [sorted(group, key=lambda one: one.created) for group in found if group]


def _group(
    first: Container, members: dict[str, list[Container]], seen: set[str]
) -> list[Container]:
    """Takes out of ``members`` whatever hangs together with ``first``."""
    group, to_do = [], [first]
    while to_do:
        container = to_do.pop()
        if container.id in seen:
            continue
        seen.add(container.id)
        group.append(container)
        for name, _ in container.networks:
            to_do += members.pop(name, [])
    return group
