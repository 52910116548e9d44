from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container
from swarmd.core.model import Network
from swarmd.manager.overlay.plan import next_steps
from swarmd.manager.overlay.view import status_view, users
from tests.manager.overlay.rig import lost, manager, outside, swarm, worker


def engine(number: int, *networks: Network) -> EngineRecord:
    made = EngineRecord(f"k{number}", f"k{number}", name=f"node-{number}")
    made.networks = {one.id: one for one in networks}
    return made


def test_each_node_is_shown_with_how_it_stands() -> None:
    home = swarm((1,), (2, 4, 9), down=(4,), constraints=("zone==a",))
    table = [manager(1, home), worker(2), lost(4), outside(3, silent=("4789/udp",)), lost(5)]
    shown = status_view(table, next_steps(table), {})
    assert shown["Up"] and shown["Constraints"] == ["zone==a"]
    assert [(one["Name"], one["Status"], one["Role"]) for one in shown["Nodes"]] == [
        ("node-1", "in", "manager"),
        ("node-2", "in", "worker"),
        ("node-3", "outside", ""),
        ("node-4", "in, not answering", "worker"),
        ("node-5", "left alone", ""),
    ]
    assert shown["Nodes"][2]["Unsure"] == ["4789/udp"]
    assert [one["Name"] for one in shown["Others"]] == ["node-9"]


def test_who_uses_networks_over_nodes_is_named() -> None:
    wide = Network("w", "wide", "overlay", "swarm")
    first = engine(1, wide, Network("i", "ingress", "overlay", "swarm"))
    second = engine(2, Network("l", "near", "bridge"))
    first.containers = {"1": Container("1", "k1", ("a",), networks=(("wide", "w"),))}
    second.containers = {
        "2": Container("2", "k2", ("b",), networks=(("wide", ""), ("near", "l"))),
        "3": Container("3", "k2", ("c",), networks=(("near", "l"),)),
    }
    assert users([first, second]) == ["wide (a, b)"]
    second.containers = {}
    first.containers = {}
    assert users([first, second]) == []
