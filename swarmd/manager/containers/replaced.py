"""Which containers a new one takes the place of.

Clients make the new one while the old one is there, and end that before the new one starts. So
what the old one holds is the new one's, and the new one goes where the old one is.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.projects.compose_labels import (
    NUMBER,
    ONE_OFF,
    PROJECT,
    REPLACES,
    SERVICE,
    of_project,
    project_of,
)

# One container of a service of a project, which there is once.
_INSTANCE = (PROJECT, SERVICE, NUMBER, ONE_OFF)
# From a rename to the create of what takes the name over, in seconds: long for a program.
RECENT = 120.0


def replaced(state: State, order: CreateOrder) -> list[Container]:
    """None for a container that is moved: that one must leave its node."""
    if order.replaces is not None or order.copies is not None:
        return []
    candidates = (*_renamed(state, order), *_of_instance(state, order))
    found = {one.id: one for one in candidates if order.heeds(one)}
    return list(found.values())


def _of_instance(state: State, order: CreateOrder) -> Iterator[Container]:
    labels = order.config.labels
    project = project_of(labels)
    named = labels.get(REPLACES) or " "
    for one in of_project(state, project) if project else ():
        same = all(one.labels.get(key) == labels.get(key) for key in _INSTANCE)
        if same or named in (one.name, one.id):
            yield one


def _renamed(state: State, order: CreateOrder) -> Iterator[Container]:
    if (old := state.gave_up(order.name, RECENT)) is not None:
        yield old
