"""Which engine answers what is no engine's in particular."""

from __future__ import annotations

from swarmd.core.errors import Unavailable
from swarmd.core.model import Engine
from swarmd.manager.fleet import Fleet


def any_healthy(fleet: Fleet) -> Engine:
    """The healthy engine with the fewest containers; Unavailable without one."""
    engines = fleet.healthy()
    if not engines:
        raise Unavailable("No healthy node available in the cluster")
    return min(engines, key=lambda engine: (engine.failures, engine.tally.total, engine.name))
