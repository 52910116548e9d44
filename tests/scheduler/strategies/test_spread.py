from collections import Counter

from swarmd.core.container.container_state import Demand
from swarmd.core.model import Engine
from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import CPU, GIB, POLICY, make_engine, nodes, rank, run


def order(engines: list[Engine], wanted: Placement | None = None) -> list[str]:
    return [engine.name for engine in rank(wanted or Placement(), engines, POLICY)]


def test_fewest_running_first() -> None:
    one, two, three = nodes(3)
    run(one)
    run(one)
    run(three)
    for _ in range(5):
        run(two, state="exited")
    assert order([one, two, three]) == ["node-2", "node-3", "node-1"]


def test_load_counts_before_containers() -> None:
    one, two = nodes(2)
    run(one, memory=2 * GIB)
    run(two)
    run(two)
    assert order([one, two], Placement(demand=Demand(memory=GIB))) == ["node-2", "node-1"]
    assert order([one, two]) == ["node-1", "node-2"]


def test_percent_of_a_big_engine_is_less() -> None:
    small, big = make_engine("small", cpus=2), make_engine("big", cpus=64)
    run(big, cpus=CPU)
    assert order([small, big], Placement(demand=Demand(cpus=CPU))) == ["big", "small"]


def test_a_weight_of_two_takes_twice_as_much() -> None:
    engines = [make_engine("light"), make_engine("heavy", weight="2")]
    taken: Counter[str] = Counter()
    for _ in range(9):
        best = rank(Placement(), engines, POLICY)[0]
        taken[best.name] += 1
        run(best)
    assert taken == {"heavy": 6, "light": 3}


def test_zones_are_evened_out_before_nodes() -> None:
    engines = [
        make_engine("a1", zone="a"),
        make_engine("a2", zone="a"),
        make_engine("b1", zone="b"),
    ]
    taken: Counter[str] = Counter()
    for _ in range(8):
        best = rank(Placement(spread="zone"), engines, POLICY)[0]
        taken[best.name] += 1
        run(best)
    assert taken == {"a1": 2, "a2": 2, "b1": 4}


def test_an_engine_with_the_image_wins_a_tie_only() -> None:
    one, two = nodes(2)
    two.image_refs = {"busybox:latest": "sha256:1"}
    wanted = Placement(image="busybox")
    assert order([one, two], wanted) == ["node-2", "node-1"]
    run(two)
    assert order([one, two], wanted) == ["node-1", "node-2"]


def test_a_failure_outweighs_any_load() -> None:
    one, two = nodes(2)
    one.failures = 1
    for _ in range(20):
        run(two, memory=GIB // 10)
    assert order([one, two]) == ["node-2", "node-1"]
