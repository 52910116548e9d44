"""The fullest engine that has room first, so that others stay empty; heavier ones go before."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.strategies import load, weights
from swarmd.scheduler.strategies.column import Column, grouped


def _loads(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy
) -> Iterator[tuple[float, Bits]]:
    """Where limits are no reservations, those without room come last, the least full first."""
    for one, bits in fleet.loads.items():
        score = load.score(wanted, one, policy)
        yield (-score if load.has_cpus(wanted, one, policy) else score), bits


def binpack(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy, seed: int
) -> list[Column]:
    columns = [
        grouped("weight", [(-weight, bits) for weight, bits in weights.groups(fleet)]),
        grouped("containers", [(-count, bits) for count, bits in fleet.active.items()]),
    ]
    if wanted.demand.cpus or wanted.demand.memory:
        columns.insert(1, grouped("load", _loads(wanted, fleet, policy)))
    return columns
