from swarmd.core.index.engine_index import load_of
from swarmd.scheduler import capacity
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import CPU, GIB, make_engine


def test_overcommit_of_the_fleet_and_of_a_node() -> None:
    policy = make_policy(overcommit=0.25)
    usual = load_of(make_engine("a", cpus=2))
    own = load_of(make_engine("b", cpus=2, overcommit="1"))
    wrong = load_of(make_engine("c", cpus=2, overcommit="much"))
    assert [capacity.cpus(each, policy) for each in (usual, own, wrong)] == [
        2.5 * CPU,
        4.0 * CPU,
        2.5 * CPU,
    ]
    assert [capacity.memory(each, policy) for each in (usual, own)] == [5.0 * GIB, 8.0 * GIB]
