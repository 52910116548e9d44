"""Small fleets for the scheduler's tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from swarmd.core.expressions import Expression, parse_expression
from swarmd.core.model import Container, Demand, Engine, Health, HostPort, Spec
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.registry import FILTERS, make_policy
from swarmd.scheduler.request import Placement

POLICY = make_policy()
GIB = 1 << 30
CPU = 1_000_000_000

_serial = count()


def make_engine(name: str, *, cpus: int = 4, memory: int = 4 * GIB, **labels: str) -> Engine:
    """A healthy one; ``_`` in a label's name stands for a dot."""
    spec = Spec(f"ID-{name}", name, cpus, memory)
    dotted = {key.replace("_", "."): value for key, value in labels.items()}
    return Engine(f"{name}:2375", name, name=name, spec=spec, labels=dotted, health=Health.HEALTHY)


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
    name: str, wanted: Placement, engines: Sequence[Engine], policy: Policy = POLICY
) -> list[str]:
    """The names of engines that one filter lets through; it must word why it stops the others."""
    for rule in FILTERS[name](wanted, engines, policy):
        kept = rule.keep(engines)
        assert rule.filter == name
        assert all(rule.why(engine) for engine in engines if engine not in kept)
        engines = kept
    return [engine.name for engine in engines]


def reasons(
    name: str, wanted: Placement, engines: Sequence[Engine], policy: Policy = POLICY
) -> list[str]:
    """What one filter says of each engine that it stops."""
    said = []
    for rule in FILTERS[name](wanted, engines, policy):
        kept = rule.keep(engines)
        said += [rule.why(engine) for engine in engines if engine not in kept]
        engines = kept
    return said


def conditions(name: str, wanted: Placement, engines: Sequence[Engine]) -> list[str]:
    return [rule.condition for rule in FILTERS[name](wanted, engines, POLICY)]
