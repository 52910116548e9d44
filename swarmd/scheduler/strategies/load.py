"""How full engines are, as spread and binpack see it.

The formula is classic Swarm's: (used + wanted) in percent of the total, for CPUs and memory, each
100 if the container asks for none; in fractions where that had whole numbers. Then containers
count: those that run or are about to, for a stopped one is no load.
"""

from __future__ import annotations

import math

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex, Load
from swarmd.scheduler import capacity
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy


def scores(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy
) -> list[tuple[float, Bits]]:
    """0 to 200 for engines that have room for what is wanted; more for others."""
    return [(score(wanted, load, policy), bits) for load, bits in fleet.loads.items()]


def score(wanted: Placement, load: Load, policy: PlacementPolicy) -> float:
    parts = 0.0
    if wish := wanted.demand.cpus:
        parts += _percent(load.held_cpus + wish, capacity.cpus(load, policy))
    else:
        parts += 100
    if wish := capacity.wanted_memory(wanted.demand, policy):
        held = capacity.loaded_memory(load, policy)
        return parts + _percent(held + wish, capacity.memory(load, policy))
    return parts + 100


def has_cpus(wanted: Placement, load: Load, policy: PlacementPolicy) -> bool:
    return load.held_cpus + wanted.demand.cpus <= capacity.cpus(load, policy)


def _percent(held: int, total: float) -> float:
    return 100 * held / total if total else math.inf
