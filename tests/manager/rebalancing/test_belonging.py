from __future__ import annotations

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine, Network
from swarmd.manager.rebalancing.belonging import belonging

PROJECT = "com.docker.compose.project"


def engine(*containers: Container, networks: tuple[str, ...] = ()) -> Engine:
    found = EngineRecord("key", "address")
    found.containers = {one.id: one for one in containers}
    found.networks = {name: Network(name, name) for name in networks}
    return found


def one(name: str, created: float = 0.0, state: str = "running", **more: object) -> Container:
    fields: dict = {"names": (name,), "created": created, "state": state, **more}
    return Container(name * 20, "key", **fields)


def names(found: list[list[Container]]) -> list[list[str]]:
    return [[each.name for each in group] for group in found]


def test_who_shares_nothing_goes_alone_the_youngest_first() -> None:
    assert names(belonging(engine(one("a", 1), one("b", 3), one("c", 2)))) == [["b"], ["c"], ["a"]]


def test_what_has_ended_ties_nobody() -> None:
    db = one("a", state="exited", networks=(("net", ""),))
    assert names(belonging(engine(db, one("b", networks=(("net", ""),)), networks=("net",)))) == [
        ["b"]
    ]


def test_the_largest_groups_come_first() -> None:
    net = (("net", ""),)
    found = engine(one("a"), one("b", networks=net), one("c", networks=net), networks=("net",))
    assert names(belonging(found)) == [["b", "c"], ["a"]]


def test_networks_projects_on_the_bridge_and_links() -> None:
    net = (("net", ""),)
    found = engine(
        one("a", networks=net),
        one("b", networks=net),
        one("c", labels={PROJECT: "p"}, network_mode="bridge"),
        one("d", labels={PROJECT: "p"}),
        one("e", labels={PROJECT: "p"}, network_mode="overlay"),
        one("f", tied=("g",)),
        one("g"),
        one("h", tied=("somewhere else",)),
        networks=("net",),
    )
    assert {tuple(group) for group in names(belonging(found))} == {
        ("a", "b"), ("c", "d"), ("e",), ("f", "g"), ("h",),
    }  # fmt: skip
