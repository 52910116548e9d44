"""Whether a container has room where it is: the question at its start, as others run there by then.

Its ports are for the engine to judge, which has them exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.model import Container, Demand, Engine
from swarmd.scheduler import node_labels
from swarmd.scheduler.filters.resources import lacking_cpus, lacking_memory
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Counting

_NONE = Demand()
_RUNNING = Counting.RUNNING


def lacking(container: Container, demand: Demand, engine: Engine, policy: Policy) -> str:
    """What ``engine`` has not left of ``demand`` beside what runs there, in words; "" if all.

    What ``container`` has there already is its own.
    """
    own = container.demand if container.up else _NONE
    words = ""
    if demand.cpus > own.cpus:
        words = lacking_cpus(demand.cpus, engine, policy, _RUNNING, own.cpus)
    if not words and demand.memory > own.memory:
        words = lacking_memory(demand.memory, engine, policy, _RUNNING, own.memory)
    return words or next(_taken_devices(demand, own, engine), "")


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
