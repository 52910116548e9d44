from __future__ import annotations

import pytest

from swarmd.cluster.actions import NetworksListed, VolumesListed
from swarmd.cluster.lookup import (
    find_container,
    find_engine,
    find_exec,
    find_network,
    find_volume,
    networks_meant,
    qualified,
)
from swarmd.cluster.state import State
from swarmd.core.errors import Ambiguous, NoSuchContainer, NoSuchExec, NotFound
from swarmd.core.names import IDENTITY, KEPT_ID
from swarmd.core.predefined import IDS
from tests.cluster.fleet import fleet, full_id, item, key_of, listed

ONE, TWO, THREE = full_id(1), full_id(2), full_id(3)
DIGEST = "app@sha256:" + "d" * 64


@pytest.fixture
def state() -> State:
    """``web`` exists on two nodes; ``db`` has link aliases, one of which looks like a node's."""
    state = fleet(3)
    aliases = ["/app/store", "/node-2/store", "/db"]
    listed(state, 1, item(1, "web"), item(2, "db", Names=aliases))
    listed(state, 2, item(3, "web"))
    return state


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        (ONE, ONE),
        ("db", TWO),
        ("/db", TWO),
        ("node-1/web", ONE),
        ("/node-2/web", THREE),
        (f"node-1/{ONE}", ONE),
        ("000002", TWO),
        ("000002" + "0" * 6, TWO),
        ("app/store", TWO),
        ("node-1/app/store", TWO),
        ("node-2/store", TWO),
    ],
)
def test_containers(state: State, ref: str, found: str) -> None:
    assert find_container(state, ref).id == found


@pytest.mark.parametrize("ref", ["", "/", "nope", "node-2/db", "node-9/web", "web2", "node-1/"])
def test_no_such_container(state: State, ref: str) -> None:
    with pytest.raises(NoSuchContainer) as caught:
        find_container(state, ref)
    assert caught.value.message == f"No such container: {ref}"


def test_by_swarm_id_while_it_is_there(state: State) -> None:
    listed(state, 3, item(4, "moved", Labels={IDENTITY: "e" * 64}))
    assert find_container(state, "e" * 64).id == full_id(4)
    listed(state, 3)
    with pytest.raises(NoSuchContainer):
        find_container(state, "e" * 64)


def test_a_name_on_two_nodes_names_both(state: State) -> None:
    with pytest.raises(Ambiguous) as caught:
        find_container(state, "web")
    assert caught.value.candidates == ("node-1/web", "node-2/web")
    assert caught.value.status == 400
    for candidate in caught.value.candidates:
        assert qualified(state, find_container(state, candidate)) == candidate


def test_a_start_of_several_ids_names_them(state: State) -> None:
    with pytest.raises(Ambiguous) as caught:
        find_container(state, "00000")
    assert caught.value.candidates == ("node-1/web", "node-1/db", "node-2/web")


def test_a_name_wins_over_the_start_of_an_id() -> None:
    state = fleet(1)
    listed(state, 1, item(1), item(2, "000001"))
    assert find_container(state, "000001").id == TWO


def test_execs(state: State) -> None:
    state.add_exec("e1", ONE)
    assert find_exec(state, "e1").id == ONE
    with pytest.raises(NoSuchExec):
        find_exec(state, "e2")


def test_engines(state: State) -> None:
    one = state.engines[key_of(1)]
    for ref in ("node-1", key_of(1), "ENGINE-1"):
        assert find_engine(state, ref) is one
    with pytest.raises(NotFound):
        find_engine(state, "node-9")


# Networks


def network(net_id: str, name: str, scope: str = "local", **labels: str) -> dict[str, object]:
    return {"Id": net_id, "Name": name, "Scope": scope, "Driver": "bridge", "Labels": labels}


@pytest.fixture
def netted(state: State) -> State:
    common = network("abc9", "over", "global")
    moved = network("fff1", "moved", **{KEPT_ID: "eee0"})
    nets = [network("abc1", "bridge"), network("abd1", "front"), common, moved]
    state.dispatch(NetworksListed(key_of(1), nets))
    others = [network("abc2", "bridge"), network("abd2", "front"), common, network("x1", "back")]
    state.dispatch(NetworksListed(key_of(2), others))
    return state


@pytest.mark.parametrize(
    ("ref", "found", "nodes"),
    [
        ("abd1", "abd1", ["node-1"]),
        ("back", "x1", ["node-2"]),
        ("node-2/front", "abd2", ["node-2"]),
        ("over", "abc9", ["node-1", "node-2"]),
        ("abc9", "abc9", ["node-1", "node-2"]),
        ("bridge", "abc1", ["node-1", "node-2"]),
        ("x", "x1", ["node-2"]),
        ("eee0", "fff1", ["node-1"]),
        ("ee", "fff1", ["node-1"]),
        ("fff1", "fff1", ["node-1"]),
    ],
)
def test_networks(netted: State, ref: str, found: str, nodes: list[str]) -> None:
    place = find_network(netted, ref)
    assert place.value.id == found
    assert [engine.name for engine in place.engines] == nodes
    assert place.engine is place.engines[0]


def test_the_predefined_ones_are_the_same_by_every_id(netted: State) -> None:
    for ref in ("bridge", IDS["bridge"], IDS["bridge"][:12], "abc1", "abc2"):
        assert [e.name for e in find_network(netted, ref).engines] == ["node-1", "node-2"], ref
    assert [e.name for e in find_network(netted, "node-2/bridge").engines] == ["node-2"]


def test_two_of_one_name_on_one_node_are_told_apart_by_their_ids(state: State) -> None:
    """As two swarmds make them that are asked in one moment."""
    state.dispatch(NetworksListed(key_of(1), [network("a1", "race"), network("b1", "race")]))
    for ref in ("race", "node-1/race"):
        with pytest.raises(Ambiguous) as caught:
            find_network(state, ref)
        assert ": a1, b1; name one" in caught.value.message
        assert find_network(state, "a1").value.id == "a1"


def test_networks_that_may_be_two(netted: State) -> None:
    with pytest.raises(Ambiguous) as caught:
        find_network(netted, "front")
    assert caught.value.candidates == ("node-1/front", "node-2/front")
    with pytest.raises(Ambiguous):
        find_network(netted, "ab")


@pytest.mark.parametrize("ref", ["", "nope", "node-1/back", "node-1/"])
def test_no_such_network(netted: State, ref: str) -> None:
    with pytest.raises(NotFound) as caught:
        find_network(netted, ref)
    assert caught.value.message == f"network {ref} not found"


# Volumes


def test_volumes(state: State) -> None:
    shared = {"Name": "shared", "Scope": "global", "Driver": "nfs"}
    state.dispatch(VolumesListed(key_of(1), [{"Name": "a"}, {"Name": "twice"}, shared]))
    state.dispatch(VolumesListed(key_of(2), [{"Name": "twice"}, shared]))
    assert find_volume(state, "a").engine.name == "node-1"
    assert find_volume(state, "node-2/twice").engine.name == "node-2"
    assert len(find_volume(state, "shared").engines) == 2
    with pytest.raises(Ambiguous) as caught:
        find_volume(state, "twice")
    assert caught.value.candidates == ("node-1/twice", "node-2/twice")
    with pytest.raises(NotFound) as missing:
        find_volume(state, "node-2/a")
    assert missing.value.message == "get node-2/a: no such volume"


def test_networks_that_a_text_could_mean() -> None:
    state = fleet(2)
    a, b = "ab" * 32, "cd" * 32
    items = [
        {"Id": a, "Name": "web", "Driver": "bridge", "Scope": "local"},
        {"Id": b, "Name": "x", "Driver": "bridge", "Labels": {KEPT_ID: "ef" * 32}},
        {"Id": "12" * 32, "Name": "abc", "Driver": "bridge", "Scope": "local"},
    ]
    state.dispatch(NetworksListed(key_of(1), items))
    for text, names in {
        "web": ["web"],
        "ab": ["web"],
        "abc": ["abc"],
        "ef": ["x"],
        "cd": ["x"],
    }.items():
        assert sorted(one.name for one, _ in networks_meant(state, text)) == names
    assert networks_meant(state, "nothing") == []
    assert find_network(state, "ef" * 3).value.name == "x"


def test_the_gateway_of_overlay_networks_is_one_for_clients(state: State) -> None:
    for number in (1, 2):
        entry = {"Id": f"{number}" * 64, "Name": "docker_gwbridge", "Scope": "local"}
        state.dispatch(NetworksListed(key_of(number), [entry]))
    assert len(find_network(state, "docker_gwbridge").engines) == 2
