"""The least loaded engine first; one of weight 2 takes twice as much as one of weight 1."""

from __future__ import annotations

from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.strategies import load, weights
from swarmd.scheduler.strategies.column import Column, grouped


def spread(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy, seed: int
) -> list[Column]:
    heavy = weights.groups(fleet)
    columns = [grouped("containers", weights.divided(fleet.active.items(), heavy))]
    if wanted.demand.cpus or wanted.demand.memory:
        scores = load.scores(wanted, fleet, policy)
        columns.insert(0, grouped("load", weights.divided(scores, heavy)))
    if len(heavy) > 1:
        columns.append(grouped("weight", [(-weight, bits) for weight, bits in heavy]))
    return columns
