"""Memory, CPUs and devices that are still free, over-commit included.

Reserved is what running, created and pending containers ask for, whoever made them. A container
that asks for nothing fits everywhere. Where a wish leaves one engine only, less counts: what is not
free now may be when the container starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from swarmd.core.container.container_state import Demand
from swarmd.core.container.resources import ONE_CPU, RESERVE_LABEL, DeviceWish
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex, load_of
from swarmd.core.model import Engine
from swarmd.core.units import show_size
from swarmd.scheduler import capacity, node_labels
from swarmd.scheduler.claim import claim_devices, taken
from swarmd.scheduler.placement import Counting, Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule

HEADLINE = "no resources available to schedule container"
_SOFT = f"with --cluster-opt swarm.reserve=soft, or the label {RESERVE_LABEL}=soft,"
CPU_ADVICE = f"CPU limits are reserved in full; {_SOFT} they are shared"
MEMORY_ADVICE = f"memory limits are reserved in full; {_SOFT} the memory reservation counts instead"
_MIB = 1 << 20


def resources(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    if wanted.demand.cpus:
        yield _cpus(wanted, fleet, policy)
    if wanted.cpuset:
        yield _cpuset(wanted.cpuset, fleet)
    if capacity.wanted_memory(wanted.demand, policy):
        yield _memory(wanted, fleet, policy)


def device(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    if not wanted.device_wishes and not wanted.demand.devices:
        return

    declared = fleet.everyone
    for kind in {*(wish.kind for wish in wanted.device_wishes), *dict(wanted.demand.devices)}:
        declared &= fleet.bearing(node_labels.RESOURCE + kind)

    def keep(among: Bits) -> Bits:
        return fleet.where(
            lambda engine: claim_devices(wanted, engine) is not None, among & declared
        )

    shown = ", ".join([*map(_wish, wanted.device_wishes), *map("=".join, wanted.demand.devices)])
    yield Rule("device", shown, keep, _device_reason(wanted), headline=HEADLINE)


def _cpus(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Rule:
    wish, by = wanted.demand.cpus, wanted.taken_by

    def keep(among: Bits) -> Bits:
        if by is not Counting.HOLDING:
            return fleet.where(lambda engine: not lacking_cpus(wish, engine, policy, by), among)
        return among & fleet.loads.where(
            lambda load: load.held_cpus + wish <= capacity.cpus(load, policy)
        )

    def why(engine: Engine) -> str:
        return lacking_cpus(wish, engine, policy, by)

    condition, soft = f"cpus=={wish / ONE_CPU:g}", capacity.is_soft(wanted.demand, policy)
    return Rule("resources", condition, keep, why, soft, HEADLINE, CPU_ADVICE)


def lacking_cpus(
    wish: int, engine: Engine, policy: PlacementPolicy, by: Counting, own: int = 0
) -> str:
    """In words; "" if there are enough. ``own`` are those that the container has already."""
    total = capacity.cpus(load_of(engine), policy)
    held = taken(engine, by).cpus - own
    if held + wish <= total:
        return ""
    free = max(0.0, total - held)
    return f"{free / ONE_CPU:g} of {total / ONE_CPU:g} CPUs are free, {wish / ONE_CPU:g} wanted"


def _cpuset(wish: int, fleet: EngineIndex) -> Rule:
    def keep(among: Bits) -> Bits:
        return among & fleet.loads.where(lambda load: load.cpus >= wish)

    return Rule(
        "resources",
        f"cpuset==0-{wish - 1}",
        keep,
        lambda engine: f"has {engine.spec.cpus} CPUs, {wish} are needed",
        headline=HEADLINE,
    )


def _memory(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Rule:
    wish, by = capacity.wanted_memory(wanted.demand, policy), wanted.taken_by

    def keep(among: Bits) -> Bits:
        if by is not Counting.HOLDING:
            return fleet.where(lambda engine: not lacking_memory(wish, engine, policy, by), among)
        return among & fleet.loads.where(
            lambda load: (
                capacity.loaded_memory(load, policy) + wish <= capacity.memory(load, policy)
            )
        )

    def why(engine: Engine) -> str:
        return lacking_memory(wish, engine, policy, by)

    condition = f"memory=={wish / _MIB:.10g}MiB"
    advice = MEMORY_ADVICE if may_spare(wanted.demand, policy) else ""
    return Rule("resources", condition, keep, why, headline=HEADLINE, advice=advice)


def may_spare(demand: Demand, policy: PlacementPolicy) -> bool:
    """Whether less memory would be kept for it if its limits were not reserved."""
    return bool(demand.least_memory) and not capacity.is_soft(demand, policy)


def lacking_memory(
    wish: int, engine: Engine, policy: PlacementPolicy, by: Counting, own: int = 0
) -> str:
    """As ``lacking_cpus``."""
    total = capacity.memory(load_of(engine), policy)
    held = capacity.held_memory(taken(engine, by), policy) - own
    if held + wish <= total:
        return ""
    free = show_size(max(0, total - held))
    return f"{free} of {show_size(total)} of memory are free, {show_size(wish)} wanted"


def _wish(wish: DeviceWish) -> str:
    kind, count, ids = wish
    return f"{kind}={','.join(ids) or ('all' if count < 0 else count)}"


def _device_reason(wanted: Placement) -> Callable[[Engine], str]:
    """The first thing that is not there: a device by its ID, else how many there are."""
    named = [(wish.kind, device) for wish in wanted.device_wishes for device in wish.ids]
    named += wanted.demand.devices
    kinds = [kind for kind, _ in named] + [wish.kind for wish in wanted.device_wishes]

    def why(engine: Engine) -> str:
        for kind, device in named:
            declared = node_labels.devices(engine, kind)
            if declared and device not in declared:
                return f"it has no {kind} {device}, but {', '.join(declared)}"
            if (kind, device) in engine.tally.devices:
                return f"{kind} {device} is in use"
        return ", ".join(_device_state(engine, kind) for kind in dict.fromkeys(kinds))

    return why


def _device_state(engine: Engine, kind: str) -> str:
    declared = node_labels.devices(engine, kind)
    if not declared:
        return f"no label {node_labels.RESOURCE}{kind} declares a device"
    held = [device for device in declared if (kind, device) in engine.tally.devices]
    return f"{len(declared) - len(held)} of {len(declared)} {kind} devices are free"
