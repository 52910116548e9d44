"""CPU time of one placement as the fleet grows: ``python -m tests.bench.placement``.

The wish has one constraint and one port, each engine holds 50 containers. "tenth" is a constraint
that a tenth of the engines meet; with "all equal" every engine passes every rule and all are
equally good; with "all different" no two engines hold the same; with "port taken" nearly all have
that port in use. As in a row of creates, each placement finds the engines changed on which the
ones before it have put containers.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.expressions import parse_expression
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine, Health, Spec
from swarmd.scheduler.place import explain, rank
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import make_policy

SIZES = (100, 1_000, 10_000)
CONTAINERS = 50
RUNS = 41
BUSY = 443  # a port that 99 of 100 engines have in use
POLICY = make_policy()


def fleet(size: int, alike: bool = True) -> EngineIndex:
    engines = EngineIndex(_engine(number, 0 if alike else number) for number in range(size))
    engines.refresh()
    return engines


def _engine(number: int, more: int) -> Engine:
    """``more`` is bytes that it holds beside the others."""
    key = f"10.{number >> 8}.{number & 255}.1:2375"
    labels = {"zone": f"z{number % 10}", "ostype": "linux", "storagedriver": "overlay2"}
    spec = Spec(f"ID{number}", f"node-{number}", 8, 32 << 30)
    engine = EngineRecord(key, key, name=spec.name, spec=spec, labels=labels, health=Health.HEALTHY)
    for index in range(CONTAINERS):
        port = BUSY if index == 0 and number % 100 else 20_000 + index
        demand = Demand(memory=(64 << 20) + more, ports=(HostPort(port),))
        name = f"c-{number}-{index}"
        engine.tally.add(Container(name, key, (name,), state="running", demand=demand))
    return engine


def wish(constraint: str, memory: int = 0, port: int = 80) -> Placement:
    return Placement(
        image="busybox",
        demand=Demand(memory=memory, ports=(HostPort(port),)),
        constraints=(parse_expression(constraint),),
    )


WISHES = {
    "tenth": wish("zone==z3"),
    "all equal": wish("ostype==linux"),
    "port taken": wish("ostype==linux", port=BUSY),
    "all equal, with memory": wish("ostype==linux", memory=64 << 20),
    "all different, with memory": wish("ostype==linux", memory=64 << 20),
}


def cost(wanted: Placement, engines: EngineIndex, runs: int) -> float:
    """Median CPU seconds of one placement, each followed by the create that it is for."""
    times = []
    for number in range(runs):
        before = time.process_time()
        best = rank(wanted, engines, POLICY)[0]
        times.append(time.process_time() - before)
        best.tally.add(Container(f"new-{number}", best.key, (f"new-{number}",)))
        engines.touch(best)
    return statistics.median(times)


def main(sizes: Sequence[int] = SIZES, runs: int = RUNS) -> None:
    print(f"{'wish':28}" + "".join(f"{size:>12,}" for size in sizes) + "   engines, ms CPU")
    fleets = [fleet(size) for size in sizes]
    fleets_apart = [fleet(size, alike=False) for size in sizes]
    for name, wanted in WISHES.items():
        chosen = fleets_apart if "different" in name else fleets
        costs = [cost(wanted, engines, runs) * 1e3 for engines in chosen]
        growth = f"   x{costs[-1] / costs[0]:.1f}" if costs[0] else ""
        print(f"{name:28}" + "".join(f"{each:12.3f}" for each in costs) + growth)
    before = time.process_time()
    explain(WISHES["tenth"], fleets[-1], POLICY)
    print(f"explain, {sizes[-1]:,} engines: {(time.process_time() - before) * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
