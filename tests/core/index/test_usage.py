from __future__ import annotations

from swarmd.core.container.container_state import Demand
from swarmd.core.index.usage import UNKNOWN_CPUS, UNKNOWN_MEMORY, Used, assumed, used_of
from swarmd.core.model import NodeUsage
from tests.scheduler.fleet import CPU, GIB, make_engine, run


def test_without_measurements_reservations_count() -> None:
    engine = make_engine("a")
    run(engine, cpus=CPU)
    run(engine, state="exited", cpus=CPU)
    assert used_of(engine) == Used(4, 4 * GIB, CPU + UNKNOWN_CPUS, UNKNOWN_MEMORY)


def test_what_comes_and_goes_after_a_measurement_counts_as_assumed() -> None:
    engine = make_engine("a")
    first = run(engine, cpus=2 * CPU)
    engine.usage = NodeUsage(CPU // 2, 7, *assumed(first.demand))
    assert used_of(engine)[2:] == (CPU // 2, 7)
    second = run(engine, memory=GIB)
    assert used_of(engine)[2:] == (CPU // 2 + UNKNOWN_CPUS, 7 + GIB + UNKNOWN_MEMORY)
    for one in (first, second):
        engine.tally.remove(one)
    assert used_of(engine)[2:] == (0, 0)
    assert assumed(Demand(1, 2)) == (1 + UNKNOWN_CPUS, 2 + UNKNOWN_MEMORY)
