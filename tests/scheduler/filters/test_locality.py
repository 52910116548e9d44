import pytest

from swarmd.core.model import Network, Volume
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.refusal import NoCandidate
from tests.scheduler.fleet import POLICY, conditions, nodes, passing, rank, reasons

ALL = ["node-1", "node-2", "node-3"]


def test_a_local_network_draws_by_name_and_by_id() -> None:
    engines = nodes(3)
    engines[1].networks["n1"] = Network("n1", "app")
    for ref in ("app", "n1"):
        assert passing("network", Placement(networks=(ref, ref)), engines) == ["node-2"]
    said = reasons("network", Placement(networks=("app",)), engines)
    assert said == ["network app is not there, but on node-2"] * 2
    assert conditions("network", Placement(networks=("app",)), engines) == ["network==app"]


def test_networks_that_all_engines_have_draw_nothing() -> None:
    engines = nodes(3)
    engines[0].networks["b"] = Network("b", "bridge", "bridge")
    for ref in ("bridge", "host", "none", "default", ""):
        assert passing("network", Placement(networks=(ref,)), engines) == ALL


def test_what_reaches_further_or_is_unknown_draws_nothing() -> None:
    engines = nodes(3)
    engines[0].networks["g"] = Network("g", "over", "vendor", "global")
    engines[0].volumes["shared"] = Volume("shared", "nfs", "global")
    assert passing("network", Placement(networks=("over",)), engines) == ALL
    assert passing("network", Placement(networks=("missing",)), engines) == ALL
    assert passing("volume", Placement(volumes=("shared",)), engines) == ALL
    assert passing("volume", Placement(volumes=("new",)), engines) == ALL


def test_a_network_of_a_swarm_reaches_the_engines_of_that_swarm() -> None:
    """A worker lists it only while a container there uses it, but the ingress network always."""
    engines = nodes(4)
    ingress, other = (Network(one, "ingress", "overlay", "swarm") for one in ("i1", "i2"))
    engines[0].networks = {"o": Network("o", "over", "overlay", "swarm"), "i1": ingress}
    engines[1].networks["i1"] = ingress
    engines[2].networks["i2"] = other
    engines[3].networks["b"] = Network("b", "bridge", "bridge")
    assert passing("network", Placement(networks=("over",)), engines) == ["node-1", "node-2"]
    said = reasons("network", Placement(networks=("over",)), engines)
    assert said == ["network over is of a swarm that it is not in"] * 2


def test_a_local_volume_draws_to_each_of_its_engines() -> None:
    engines = nodes(3)
    for engine in engines[1:]:
        engine.volumes["data"] = Volume("data")
    assert passing("volume", Placement(volumes=("data",)), engines) == ["node-2", "node-3"]


def test_of_many_holders_few_are_named() -> None:
    engines = nodes(6)
    for engine in engines[1:]:
        engine.volumes["data"] = Volume("data")
    (said,) = reasons("volume", Placement(volumes=("data",)), engines)
    assert said == "volume data is not there, but on node-2, node-3, node-4 and 2 more"


def test_a_refusal_says_what_would_have_held_it_together() -> None:
    """In the middle of ``up``: the project's own network went to another node than the old one."""
    one, two = nodes(2)
    one.networks = {"1": Network("1", "old")}
    two.networks = {"2": Network("2", "project")}
    with pytest.raises(NoCandidate) as refusal:
        rank(Placement(networks=("old", "project")), [one, two], POLICY)
    message = refusal.value.message
    for words in ("network old keeps what uses it on node-1", "constraint:node==node-1", "overlay"):
        assert words in message
    assert "com.docker.swarm.constraints" in message
