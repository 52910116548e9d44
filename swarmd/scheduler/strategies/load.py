"""How full engines are, as spread and binpack see it.

The formula is classic Swarm's: (used + wanted) in percent of the total, for CPUs and memory, each
100 if the container asks for none; in fractions where that had whole numbers. Then containers
count: those that run or are about to, for a stopped one is no load.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.model import Engine
from swarmd.scheduler.capacity import total_cpus, total_memory
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement


def score(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> list[float]:
    """0 to 200; the engines have room for what is wanted."""
    cpus, memory = wanted.demand.cpus, wanted.demand.memory
    return [
        (100 * (e.tally.cpus + cpus) / total_cpus(e, policy) if cpus else 100.0)
        + (100 * (e.tally.memory + memory) / total_memory(e, policy) if memory else 100.0)
        for e in engines
    ]


def containers(engines: Sequence[Engine]) -> list[int]:
    return [engine.tally.active for engine in engines]
