"""How full engines are, as spread and binpack see it.

The formula is classic Swarm's: (used + wanted) in percent of the total, for CPUs and memory, each
100 if the container asks for none; in fractions where that had whole numbers. Then containers
count: those that run or are about to, for a stopped one is no load.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.model import Engine
from swarmd.scheduler import capacity
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement


def score(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> list[float]:
    """0 to 200; the engines have room for what is wanted."""
    cpus = memory = [100.0] * len(engines)
    if wish := wanted.demand.cpus:
        used = [engine.tally.cpus for engine in engines]
        cpus = _percent(used, wish, capacity.cpus(engines, policy))
    if wish := wanted.demand.memory:
        used = [engine.tally.memory for engine in engines]
        memory = _percent(used, wish, capacity.memory(engines, policy))
    return [a + b for a, b in zip(cpus, memory, strict=True)]


def _percent(used: Sequence[int], wish: int, totals: Sequence[float]) -> list[float]:
    return [100 * (each + wish) / total for each, total in zip(used, totals, strict=True)]


def containers(engines: Sequence[Engine]) -> list[int]:
    return [engine.tally.active for engine in engines]
