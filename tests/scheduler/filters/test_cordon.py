from swarmd.core.model import Health
from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import nodes, passing, reasons


def test_cordoned_and_unknown_engines_are_left_out() -> None:
    one, two, three = nodes(3)
    one.cordoned = True
    two.health = Health.PENDING
    three.health = Health.UNHEALTHY
    assert passing("cordon", Placement(), [one, two, three]) == ["node-3"]
    assert reasons("cordon", Placement(), [one, two, three]) == ["is cordoned", "is pending"]
