"""Whether a container has room where it is: the question at its start, as others run there by then.

Its ports are for the engine to judge, which has them exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.model import Engine
from swarmd.scheduler import capacity, node_labels
from swarmd.scheduler.filters.resources import (
    CPU_ADVICE,
    MEMORY_ADVICE,
    lacking_cpus,
    lacking_memory,
    may_spare,
)
from swarmd.scheduler.placement import Counting
from swarmd.scheduler.policy import PlacementPolicy

_NONE = Demand()
_RUNNING = Counting.RUNNING


def lacking(container: Container, demand: Demand, engine: Engine, policy: PlacementPolicy) -> str:
    """What ``engine`` has not left of ``demand`` beside what runs there, in words; "" if all.

    What ``container`` has there already is its own.
    """
    own = container.demand if container.up else _NONE
    words = ""
    if demand.cpus > own.cpus and not capacity.is_soft(demand, policy):
        words = lacking_cpus(demand.cpus, engine, policy, _RUNNING, own.cpus)
    wish, has = (capacity.wanted_memory(one, policy) for one in (demand, own))
    if not words and wish > has:
        words = lacking_memory(wish, engine, policy, _RUNNING, has)
    return words or next(_taken_devices(demand, own, engine), "")


def advice(demand: Demand, lacks: str, policy: PlacementPolicy) -> str:
    """What a client may do where ``lacks`` is what ``lacking`` said, "" if there is nothing."""
    if "CPUs are free" in lacks:
        return CPU_ADVICE
    return MEMORY_ADVICE if "memory are free" in lacks and may_spare(demand, policy) else ""


def _taken_devices(demand: Demand, own: Demand, engine: Engine) -> Iterator[str]:
    """Of what no label declares nobody keeps count."""
    for kind, device in demand.devices:
        is_held = (kind, device) in engine.tally.up.devices and (kind, device) not in own.devices
        if is_held and device in node_labels.devices(engine, kind):
            yield f"{kind} {device} is in use"


def holders(engine: Engine, of: Container) -> list[Container]:
    """What runs there and has something of what ``of`` asks for, whatever has most first."""
    wish = of.demand

    def share(one: Container) -> tuple[bool, int, int]:
        devices = not set(wish.devices).isdisjoint(one.demand.devices)
        return devices, min(wish.memory, one.demand.memory), min(wish.cpus, one.demand.cpus)

    found = [one for one in engine.containers.values() if one.up and one.id != of.id]
    return sorted((one for one in found if any(share(one))), key=share, reverse=True)
