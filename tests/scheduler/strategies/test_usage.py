from __future__ import annotations

import math

from swarmd.core.container.container_state import Demand
from swarmd.core.index.usage import Used, assumed
from swarmd.core.model import Engine, NodeUsage
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import make_policy
from swarmd.scheduler.strategies.usage import score
from tests.scheduler.fleet import CPU, GIB, make_engine, rank, run

POLICY = make_policy("spread:usage")


def using(name: str, cpus: float, containers: int = 1, **labels: str) -> Engine:
    engine = make_engine(name, **labels)
    taken = [assumed(run(engine).demand) for _ in range(containers)]
    engine.usage = NodeUsage(int(cpus * CPU), 0, *map(sum, zip(*taken, strict=True)))
    return engine


def best(*engines: Engine, demand: Demand | None = None) -> list[str]:
    return [one.name for one in rank(Placement(demand=demand or Demand()), engines, POLICY)]


def test_who_really_uses_least_comes_first() -> None:
    assert best(using("busy", 3.5), using("idle", 0.5, 9), using("half", 2, 3)) == [
        "idle",
        "half",
        "busy",
    ]


def test_a_few_percent_are_noise_and_containers_decide() -> None:
    assert best(using("a", 0.41, 3), using("b", 0.44, 2)) == ["b", "a"]


def test_a_row_of_creates_does_not_go_to_one_node() -> None:
    engines = [using("a", 0.0), using("b", 0.3), using("c", 0.3)]
    for _ in range(9):
        chosen = rank(Placement(), engines, POLICY)[0]
        run(chosen)
    assert max(one.tally.total for one in engines) <= 5


def test_weight() -> None:
    assert best(using("one", 1.0), using("four", 2.0, weight="4")) == ["four", "one"]


def test_reservations_still_refuse() -> None:
    full = using("full", 0.0)
    run(full, memory=4 * GIB)
    assert best(full, using("busy", 3.0), demand=Demand(0, GIB)) == ["busy"]


def test_scores_are_steps() -> None:
    assert score(Used(4, 100, CPU, 12)) == 35 and score(Used(4, 100, CPU, 13), CPU) == 60
    assert math.isinf(score(Used(0, 0, 0, 0)))
