"""Small fleets for the scheduler's tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.expressions import Expression, parse_expression
from swarmd.core.index.bits import Bits, slots
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine, Health, Spec
from swarmd.scheduler import place
from swarmd.scheduler.place import MOST, Explanation
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.registry import FILTERS, make_policy
from swarmd.scheduler.strategies.column import Column

POLICY = make_policy()
GIB = 1 << 30
CPU = 1_000_000_000

_serial = count()


def make_engine(name: str, *, cpus: int = 4, memory: int = 4 * GIB, **labels: str) -> Engine:
    """A healthy one; ``_`` in a label's name stands for a dot."""
    spec = Spec(f"ID-{name}", name, cpus, memory)
    dotted = {key.replace("_", "."): value for key, value in labels.items()}
    engine = EngineRecord(f"{name}:2375", name, name=name, spec=spec, labels=dotted)
    engine.health = Health.HEALTHY
    return engine


def nodes(size: int) -> list[Engine]:
    return [make_engine(f"node-{number}") for number in range(1, size + 1)]


def run(
    engine: Engine,
    name: str = "",
    *,
    state: str = "running",
    ports: Sequence[HostPort] = (),
    cpus: int = 0,
    memory: int = 0,
    devices: Sequence[tuple[str, str]] = (),
    labels: dict[str, str] | None = None,
) -> Container:
    """Adds a container to the engine's tally."""
    number = next(_serial)
    container = Container(
        f"{number:064x}",
        engine.key,
        (name or f"c{number}",),
        state=state,
        labels=labels or {},
        demand=Demand(cpus, memory, tuple(ports), tuple(devices)),
    )
    engine.tally.add(container)
    return container


def expressions(*texts: str) -> tuple[Expression, ...]:
    return tuple(map(parse_expression, texts))


def passing(
    name: str, wanted: Placement, engines: Sequence[Engine], policy: PlacementPolicy = POLICY
) -> list[str]:
    """The names of engines that one filter lets through; it must word why it stops the others."""
    fleet = indexed(engines)
    kept = fleet.everyone
    for rule in FILTERS[name](wanted, fleet, policy):
        fewer = rule.keep(kept)
        assert rule.filter == name
        assert all(rule.why(engine) for engine in fleet.engines(kept & ~fewer))
        kept = fewer
    return [engine.name for engine in fleet.engines(kept)]


def reasons(
    name: str, wanted: Placement, engines: Sequence[Engine], policy: PlacementPolicy = POLICY
) -> list[str]:
    """What one filter says of each engine that it stops."""
    fleet = indexed(engines)
    kept, said = fleet.everyone, []
    for rule in FILTERS[name](wanted, fleet, policy):
        fewer = rule.keep(kept)
        said += [rule.why(engine) for engine in fleet.engines(kept & ~fewer)]
        kept = fewer
    return said


def conditions(name: str, wanted: Placement, engines: Sequence[Engine]) -> list[str]:
    return [rule.condition for rule in FILTERS[name](wanted, indexed(engines), POLICY)]


def indexed(engines: Sequence[Engine]) -> EngineIndex:
    fleet = EngineIndex(engines)
    fleet.refresh()
    return fleet


def rank(
    wanted: Placement,
    engines: Sequence[Engine],
    policy: PlacementPolicy,
    *,
    seed: int = 0,
    limit: int = MOST,
    without: Collection[str] = (),
) -> list[Engine]:
    """Of engines as they are now."""
    fleet = EngineIndex(engines)
    return place.rank(wanted, fleet, policy, seed=seed, limit=limit, without=without)


def explain(
    wanted: Placement, engines: Sequence[Engine], policy: PlacementPolicy, *, seed: int = 0
) -> Explanation:
    return place.explain(wanted, EngineIndex(engines), policy, seed=seed)


def values(column: Column, among: Bits) -> list[float]:
    """The column's value for each engine of ``among``."""
    found = {slot: value for value, group in column.split(among) for slot in slots(group)}
    return [found[slot] for slot in slots(among)]
