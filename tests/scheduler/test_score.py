from swarmd.core.model import Engine, Health, Image
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.registry import make_policy
from swarmd.scheduler.score import columns
from tests.scheduler.fleet import POLICY, indexed, make_engine, nodes, run, values


def named(
    wanted: Placement, engines: list[Engine], chosen: PlacementPolicy = POLICY
) -> dict[str, list[float]]:
    """Column -> its value for each engine."""
    fleet = indexed(engines)
    return {
        column.name: values(column, fleet.everyone) for column in columns(wanted, fleet, chosen, 0)
    }


def test_failures_count_most() -> None:
    one, two = nodes(2)
    one.failures = 1
    found = named(Placement(), [one, two])
    assert list(found) == ["failures", "containers"]
    assert found["failures"] == [1, 0]


def test_zones_count_what_runs_on_healthy_engines() -> None:
    one, two = make_engine("1", zone="a"), make_engine("2", zone="a")
    three, dead = make_engine("3"), make_engine("4")
    dead.health = Health.UNHEALTHY
    for engine in (one, one, two, three, dead):
        run(engine)
    run(three, state="exited")
    engines = [one, two, three, dead]
    assert named(Placement(spread="zone"), engines)["zone"] == [3, 3, 1, 1]
    assert named(Placement(), engines, make_policy("spread:zone"))["zone"] == [3, 3, 1, 1]
    assert list(named(Placement(spread="zone"), engines, make_policy("random"))) == [
        "failures",
        "zone",
        "draw",
    ]


def test_image_is_a_tie_break() -> None:
    one, two, three = nodes(3)
    two.image_refs = {"busybox:latest": "sha256:" + "ab" * 32}
    three.images = {"sha256:" + "ab" * 32: Image("sha256:" + "ab" * 32)}
    engines = [one, two, three]
    assert named(Placement(image="busybox"), engines)["pull"] == [1, 0, 1]
    assert named(Placement(image="docker.io/library/busybox"), engines)["pull"] == [1, 0, 1]
    assert named(Placement(image="sha256:" + "ab" * 32), engines)["pull"] == [1, 1, 0]
    assert "pull" not in named(
        Placement(image="busybox"), engines, make_policy(image_locality=False)
    )
