"""What an engine's containers really use, as placement sees it between two measurements. Pure."""

from __future__ import annotations

from typing import NamedTuple

from swarmd.core.container.container_state import Demand
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.model import Engine

# Of a container that was not measured yet, beside what it reserves: so that a row of creates does
# not go to one node because nothing of them was seen there so far.
UNKNOWN_CPUS = ONE_CPU // 10
UNKNOWN_MEMORY = 64 << 20


class Used(NamedTuple):
    """What an engine has, and what is used of it.

    Attributes:
        cpus: Number of CPUs.
        memory: Bytes.
        used_cpus: Nano-CPUs.
        used_memory: Bytes.
    """

    cpus: int
    memory: int
    used_cpus: int
    used_memory: int


def assumed(demand: Demand) -> tuple[int, int]:
    """Nano-CPUs and bytes of a container of which nothing was measured."""
    return demand.cpus + UNKNOWN_CPUS, demand.memory + UNKNOWN_MEMORY


def used_of(engine: Engine) -> Used:
    """What was measured, and what has come and gone since then by what it reserves."""
    tally, spec, measured = engine.tally, engine.spec, engine.usage
    cpus = tally.cpus + tally.active * UNKNOWN_CPUS
    memory = tally.memory + tally.active * UNKNOWN_MEMORY
    if measured is not None:
        cpus += measured.cpus - measured.assumed_cpus
        memory += measured.memory - measured.assumed_memory
    return Used(spec.cpus, spec.memory, max(0, cpus), max(0, memory))
