"""Which containers a new one takes the place of.

Clients make the new one while the old one is there, and end that before the new one starts. So
what the old one holds is the new one's, and the new one goes where the old one is.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.cluster.state import State
from swarmd.core.model import Container
from swarmd.manager.order import Order

_COMPOSE = "com.docker.compose."
# One container of a service of a project, which there is once.
_INSTANCE = tuple(_COMPOSE + key for key in ("project", "service", "container-number", "oneoff"))
_PROJECT = _INSTANCE[0]
# Compose v2 gives the name, of today or in short, or the ID, of what it replaces.
_REPLACES = _COMPOSE + "replace"
# From a rename to the create of what takes the name over, in seconds: long for a program.
RECENT = 120.0


def replaced(state: State, order: Order) -> list[Container]:
    """None for a container that is moved: that one must leave its node."""
    if order.replaces is not None:
        return []
    found = {one.id: one for one in (*_of_instance(state, order), *_renamed(state, order))}
    return list(found.values())


def _of_instance(state: State, order: Order) -> Iterator[Container]:
    labels = order.config.labels
    project = labels.get(_PROJECT)
    if not project or labels.get(_INSTANCE[-1]) == "True":
        return
    named = labels.get(_REPLACES) or " "
    for engine in state.engines.values():
        if project in engine.tally.labels.get(_PROJECT, ()):
            for one in engine.containers.values():
                if one.labels.get(_PROJECT) == project and (
                    all(one.labels.get(key) == labels.get(key) for key in _INSTANCE)
                    or named in (one.name, one.id)
                ):
                    yield one


def _renamed(state: State, order: Order) -> Iterator[Container]:
    if (old := state.gave_up(order.name, RECENT)) is not None:
        yield old
