from __future__ import annotations

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container
from swarmd.core.model import Network
from swarmd.manager.moving.groups import groups

SCOPES = {"a": "local", "b": "local", "bridge": "local", "over": "swarm"}


def grouped(**containers: str) -> list[str]:
    """Containers, the oldest first, with the networks that each is in."""
    engine = EngineRecord("k", "k")
    engine.networks = {n: Network(f"id-{n}", n, scope=scope) for n, scope in SCOPES.items()}
    for age, (name, networks) in enumerate(containers.items()):
        pairs = tuple((network, "") for network in networks.split())
        engine.containers[name] = Container(
            id=name, names=(name,), engine="k", created=age, networks=pairs
        )
    return [" ".join(one.name for one in group) for group in groups(engine)]


def test_who_shares_nothing_goes_alone() -> None:
    assert grouped(x="", y="a", z="b", v="bridge", w="bridge") == ["x", "y", "z", "v", "w"]


def test_who_shares_a_network_goes_together() -> None:
    assert grouped(x="a", y="b", z="a") == ["x z", "y"]


def test_also_through_others() -> None:
    assert grouped(x="a", y="bridge", v="b", z="b a") == ["x v z", "y"]


def test_a_network_of_all_nodes_ties_nobody() -> None:
    assert grouped(x="over", y="over") == ["x", "y"]
