"""Which running containers of a node move together or not at all. Pure.

Those that share a local network, as in a drain; those of one Compose project on the predefined
bridge, which swarmd keeps together; and whoever hangs on another (a link, its volumes).
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine
from swarmd.core.predefined import predefined_name
from swarmd.manager.moving.groups import groups
from swarmd.manager.projects.compose_labels import project_of

_SHORT_ID = 12  # characters, as Docker prints IDs


def belonging(engine: Engine) -> list[list[Container]]:
    """The largest groups first, which are the hardest to place; of equals the youngest."""
    leaders: dict[str, str] = {}  # container -> another of its group

    def leader(one: str) -> str:
        while one != leaders.setdefault(one, one):
            one = leaders[one]
        return one

    there = {one.id: one for one in engine.containers.values() if one.running}
    for together in _ties(engine, there):
        for other in together[1:]:
            leaders[leader(other)] = leader(together[0])
    found: dict[str, list[Container]] = {}
    for one in there.values():
        found.setdefault(leader(one.id), []).append(one)
    return sorted(found.values(), key=lambda group: (-len(group), -group[0].created, group[0].id))


def _ties(engine: Engine, there: dict[str, Container]) -> Iterator[list[str]]:
    """IDs of running containers that belong together; what has ended ties nobody."""
    for group in groups(engine):
        yield [one.id for one in group if one.id in there]
    projects: dict[str, list[str]] = {}
    names = {name: one.id for one in there.values() for name in (*one.names, one.id)}
    names |= {one.id[:_SHORT_ID]: one.id for one in there.values()}
    for one in there.values():
        project = project_of(one.labels)
        if project and (predefined_name(one.network_mode) or one.network_mode) in _BRIDGE:
            projects.setdefault(project, []).append(one.id)
        for ref in one.tied:
            yield [one.id, names[ref]] if ref in names else [one.id]
    yield from projects.values()


_BRIDGE = ("bridge", "default", "")
