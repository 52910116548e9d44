"""Who has the name that a container cannot get, as far as the client may know."""

from __future__ import annotations

from swarmd.core.errors import Conflict, NameTaken
from swarmd.core.names import is_full_id
from swarmd.manager.interfaces import FleetView


def as_seen(taken: NameTaken, fleet: FleetView) -> Conflict:
    """Without the holder's ID where ``fleet`` does not show it; what is being made has none yet."""
    hidden = is_full_id(taken.holder) and taken.holder not in fleet.state.containers
    if fleet.scope is None or not hidden:
        return taken
    return Conflict(f'the container name "/{taken.name}" is taken outside of the scope')
