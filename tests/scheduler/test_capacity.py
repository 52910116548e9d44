from swarmd.scheduler import capacity
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import CPU, GIB, make_engine


def test_overcommit_of_the_fleet_and_of_a_node() -> None:
    engines = [make_engine("a", cpus=2), make_engine("b", cpus=2, overcommit="1")]
    policy = make_policy(overcommit=0.25)
    assert capacity.cpus(engines, policy) == [2.5 * CPU, 4.0 * CPU]
    assert capacity.memory(engines, policy) == [5.0 * GIB, 8.0 * GIB]
