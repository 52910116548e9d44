from swarmd.core.container.container_state import Demand
from swarmd.core.model import Engine
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import CPU, GIB, make_engine, nodes, rank, run

BINPACK = make_policy("binpack")


def order(engines: list[Engine], wanted: Placement | None = None) -> list[str]:
    return [engine.name for engine in rank(wanted or Placement(), engines, BINPACK)]


def test_most_containers_first() -> None:
    one, two, three = nodes(3)
    run(two)
    run(three)
    run(three)
    for _ in range(5):
        run(one, state="exited")
    assert order([one, two, three]) == ["node-3", "node-2", "node-1"]


def test_the_fullest_that_has_room() -> None:
    engines = one, two, three = nodes(3)
    run(one, memory=2 * GIB)
    run(two, memory=3 * GIB)
    run(three, memory=4 * GIB)
    assert order(engines, Placement(demand=Demand(memory=GIB))) == ["node-2", "node-1"]


def test_one_engine_is_filled_before_the_next() -> None:
    engines = nodes(3)
    wanted = Placement(demand=Demand(memory=2 * GIB))
    taken = []
    for _ in range(6):
        best = rank(wanted, engines, BINPACK)[0]
        taken.append(best.name)
        run(best, memory=2 * GIB)
    assert taken == ["node-1"] * 2 + ["node-2"] * 2 + ["node-3"] * 2


def test_heavier_ones_go_before_and_failing_ones_last() -> None:
    one, heavy, failing = make_engine("one"), make_engine("heavy", weight="3"), make_engine("f")
    failing.failures = 1
    run(failing)
    run(one)
    assert order([one, heavy, failing]) == ["heavy", "one", "f"]


def test_of_those_without_cpus_left_the_least_full() -> None:
    """Where limits are no reservations, one node must not get everything."""
    engines = one, two, three = nodes(3)
    run(one, cpus=6 * CPU)
    run(two, cpus=5 * CPU)
    run(three, cpus=7 * CPU)
    soft = make_policy("binpack", reserve="soft")
    wanted = Placement(demand=Demand(cpus=CPU))
    assert [engine.name for engine in rank(wanted, engines, soft)] == ["node-2", "node-1", "node-3"]
