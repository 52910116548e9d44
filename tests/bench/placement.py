"""CPU time of one placement as the fleet grows: ``python -m tests.bench.placement``.

The wish has one constraint and one port, each engine holds 50 containers. "tenth" is a constraint
that a tenth of the engines meet; "all equal" is the worst case: every engine passes every rule and
all are equally good.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from swarmd.core.expressions import parse_expression
from swarmd.core.model import Container, Demand, Engine, Health, HostPort, Spec
from swarmd.scheduler.place import explain, rank
from swarmd.scheduler.registry import make_policy
from swarmd.scheduler.request import Placement

SIZES = (100, 1_000, 10_000)
CONTAINERS = 50
RUNS = 41
POLICY = make_policy()


def fleet(size: int) -> list[Engine]:
    return [_engine(number) for number in range(size)]


def _engine(number: int) -> Engine:
    key = f"10.{number >> 8}.{number & 255}.1:2375"
    labels = {"zone": f"z{number % 10}", "ostype": "linux", "storagedriver": "overlay2"}
    spec = Spec(f"ID{number}", f"node-{number}", 8, 32 << 30)
    engine = Engine(key, key, name=spec.name, spec=spec, labels=labels, health=Health.HEALTHY)
    for index in range(CONTAINERS):
        demand = Demand(memory=64 << 20, ports=(HostPort(20_000 + index),))
        name = f"c-{number}-{index}"
        engine.tally.add(Container(name, key, (name,), state="running", demand=demand))
    return engine


def wish(constraint: str, memory: int = 0) -> Placement:
    return Placement(
        image="busybox",
        demand=Demand(memory=memory, ports=(HostPort(80),)),
        constraints=(parse_expression(constraint),),
    )


WISHES = {
    "tenth": wish("zone==z3"),
    "all equal": wish("ostype==linux"),
    "all equal, with memory": wish("ostype==linux", memory=64 << 20),
}


def cost(wanted: Placement, engines: Sequence[Engine], runs: int) -> float:
    """Median CPU seconds of one placement."""
    times = []
    for _ in range(runs):
        before = time.process_time()
        rank(wanted, engines, POLICY)
        times.append(time.process_time() - before)
    return statistics.median(times)


def main(sizes: Sequence[int] = SIZES, runs: int = RUNS) -> None:
    print(f"{'wish':24}" + "".join(f"{size:>12,}" for size in sizes) + "   engines, ms CPU")
    fleets = [fleet(size) for size in sizes]
    for name, wanted in WISHES.items():
        costs = [cost(wanted, engines, runs) * 1e3 for engines in fleets]
        print(f"{name:24}" + "".join(f"{each:12.3f}" for each in costs))
    before = time.process_time()
    explain(WISHES["tenth"], fleets[-1], POLICY)
    print(f"explain, {sizes[-1]:,} engines: {(time.process_time() - before) * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
