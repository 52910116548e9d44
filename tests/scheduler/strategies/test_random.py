from collections import Counter

from swarmd.core.container.container_state import Demand
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import GIB, make_engine, nodes, rank, run

RANDOM = make_policy("random")


def test_a_seed_decides() -> None:
    engines = nodes(8)
    orders = {
        tuple(engine.name for engine in rank(Placement(), engines, RANDOM, seed=seed))
        for seed in [1, 1, 1, 2, 3]
    }
    assert len(orders) == 3


def test_every_engine_gets_its_share() -> None:
    engines = [*nodes(3), make_engine("heavy", weight="3")]
    taken = Counter(rank(Placement(), engines, RANDOM, seed=seed)[0].name for seed in range(3000))
    assert all(400 < taken[f"node-{number}"] < 600 for number in (1, 2, 3))
    assert 1350 < taken["heavy"] < 1650


def test_a_full_engine_is_never_drawn() -> None:
    """Classic Swarm's random strategy did not look at resources."""
    one, two = nodes(2)
    run(one, memory=4 * GIB)
    wanted = Placement(demand=Demand(memory=GIB))
    assert {rank(wanted, [one, two], RANDOM, seed=seed)[0].name for seed in range(20)} == {"node-2"}
