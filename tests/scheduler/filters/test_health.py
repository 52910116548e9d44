from swarmd.core.model import Health
from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import nodes, passing, reasons


def test_only_healthy_engines_pass() -> None:
    one, two, three = nodes(3)
    one.health, one.error = Health.UNHEALTHY, "no route to host"
    two.health = Health.PENDING
    assert passing("health", Placement(), [one, two, three]) == ["node-3"]
    said = reasons("health", Placement(), [one, two, three])
    assert said == ["is unhealthy: no route to host", "is pending"]


def test_an_engine_that_failed_once_is_still_a_candidate() -> None:
    (one,) = nodes(1)
    one.failures = 1
    assert passing("health", Placement(), [one]) == ["node-1"]
