"""The engine whose containers really use the least first; one of weight 2 takes twice as much.

Between two measurements, what is new counts by what it reserves, and a little more. Engines within
a few percent are equal, so that containers decide there, not noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from swarmd.core.container.resources import ONE_CPU
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.index.usage import Used
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.strategies import weights
from swarmd.scheduler.strategies.column import Column, grouped

STEP = 5  # percent of a node's CPUs and memory together


def by_usage(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy, seed: int
) -> list[Column]:
    heavy = weights.groups(fleet)
    columns = [
        grouped("usage", weights.divided(_scores(wanted, fleet), heavy)),
        grouped("containers", weights.divided(fleet.active.items(), heavy)),
    ]
    if len(heavy) > 1:
        columns.append(grouped("weight", [(-weight, bits) for weight, bits in heavy]))
    return columns


def _scores(wanted: Placement, fleet: EngineIndex) -> Iterator[tuple[float, Bits]]:
    for used, bits in fleet.used.items():
        yield score(used, wanted.demand.cpus, wanted.demand.memory), bits


def score(used: Used, cpus: int = 0, memory: int = 0) -> float:
    """Used and wanted in percent of what there is, of CPUs and memory together, in steps."""
    both = _percent(used.used_cpus + cpus, used.cpus * ONE_CPU)
    both += _percent(used.used_memory + memory, used.memory)
    return both if math.isinf(both) else both // STEP * STEP


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else math.inf
