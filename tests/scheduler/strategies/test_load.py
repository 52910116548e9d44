import pytest

from swarmd.core.container.container_state import Demand
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.strategies import load
from tests.scheduler.fleet import CPU, GIB, POLICY, indexed, make_engine, run


@pytest.mark.parametrize(
    ("cpus", "memory", "score"),
    [
        (0, 0, 200),
        (CPU, 0, 50 + 100),
        (CPU // 2, 0, 37.5 + 100),
        (0, GIB, 100 + 75),
        (CPU, GIB, 50 + 75),
    ],
)
def test_formula(cpus: int, memory: int, score: float) -> None:
    one = make_engine("node-1", cpus=4, memory=4 * GIB)
    run(one, cpus=CPU, memory=2 * GIB)
    wanted = Placement(demand=Demand(cpus=cpus, memory=memory))
    assert load.scores(wanted, indexed([one]), POLICY) == [(score, 1)]


def test_what_stopped_is_no_load() -> None:
    one = make_engine("node-1")
    for state in ("running", "paused", "restarting", "created", "exited", "dead"):
        run(one, state=state)
    assert indexed([one]).active.of(4) == 1
