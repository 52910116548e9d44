from typing import Any

import orjson
import pytest

from tests.api.rig import WEB, ApiRig

NET = "e" * 64
OTHER = "f" * 64


def rig_with_net(**item: Any) -> ApiRig:
    rig = ApiRig(2)
    rig.has_network(2, NET, "net", **item)
    return rig


def test_the_list() -> None:
    rig = rig_with_net()
    status, listed = rig.ask("GET", "/networks").answer()
    assert (status, [one["Name"] for one in listed]) == (200, ["net"])
    assert rig.ask("GET", "/networks?filters=x").answer()[0] == 400


@pytest.mark.parametrize("ref", ["net", NET, NET[:9], "node-2/net"])
def test_inspect_where_it_lives(ref: str) -> None:
    rig = rig_with_net()
    client = rig.ask("GET", f"/networks/{ref}")
    assert rig.got(2)[0] == f"GET /v1.41/networks/{NET}"
    rig.answers(2, 200, {"Id": NET, "Name": "net", "Containers": {"a": 1}})
    assert client.answer() == (200, {"Id": NET, "Name": "net", "Containers": {"a": 1}})


def test_a_global_network_shows_the_containers_of_all_nodes() -> None:
    rig = ApiRig(2)
    for number in (1, 2):
        rig.has_network(number, NET, "wide", Driver="overlay", Scope="swarm")
    client = rig.ask("GET", "/networks/wide")
    rig.answers(1, 200, {"Id": NET, "Containers": {"a": {}}})
    rig.answers(2, 200, {"Id": NET, "Containers": {"b": {}}})
    assert sorted(client.answer()[1]["Containers"]) == ["a", "b"]


def test_unknown_networks() -> None:
    status, body = ApiRig(1).ask("GET", "/networks/nope").answer()
    assert (status, body) == (404, {"message": "network nope not found"})


def test_predefined_networks_stay() -> None:
    rig = ApiRig(2)
    for number in (1, 2):
        rig.has_network(number, str(number) * 64, "bridge")
    status, body = rig.ask("DELETE", "/networks/bridge").answer()
    assert (status, body["message"]) == (
        403,
        "bridge is a pre-defined network and cannot be removed",
    )


def test_removal_and_its_refusal() -> None:
    rig = rig_with_net()
    client = rig.ask("DELETE", "/networks/net")
    assert rig.got(2)[0] == f"DELETE /v1.41/networks/{NET}"
    rig.answers(2, 403, {"message": "network net has active endpoints"})
    status, body = client.answer()
    assert status == 403 and "network net has active endpoints" in body["message"]


def test_a_name_is_the_fleets() -> None:
    status, body = rig_with_net().ask("POST", "/networks/create", {"Name": "net"}).answer()
    assert (status, body["message"]) == (409, "network with name net already exists")
    assert ApiRig(1).ask("POST", "/networks/create", {"Name": ""}).answer()[0] == 400
    assert ApiRig(1).ask("POST", "/networks/create", [1]).answer()[0] == 400


def test_create_names_the_driver() -> None:
    rig = ApiRig(1)
    client = rig.ask("POST", "/networks/create", {"Name": "net", "Driver": ""})
    assert orjson.loads(rig.got(1)[1])["Driver"] == "bridge"
    rig.answers(1, 201, {"Id": NET, "Warning": ""})
    assert client.answer() == (201, {"Id": NET, "Warning": ""})


def test_connect_goes_to_the_container() -> None:
    rig = rig_with_net()
    rig.has_container(2, WEB, "web")
    client = rig.ask("POST", "/networks/net/connect", {"Container": "node-2/web"})
    line, body = rig.got(2)
    assert (line, orjson.loads(body)) == (
        f"POST /v1.41/networks/{NET}/connect",
        {"Container": WEB},
    )
    rig.answers(2, 200)
    assert client.answer()[0] == 200
    assert "networks" in rig.engine(2).stale


def test_a_bridge_does_not_reach_another_node() -> None:
    rig = rig_with_net()
    rig.has_container(1, WEB, "web")
    rig.has_container(
        2, "b" * 64, "user", NetworkSettings={"Networks": {"net": {"NetworkID": NET}}}
    )
    status, body = rig.ask("POST", "/networks/net/connect", {"Container": "web"}).answer()
    assert status == 400 and "does not reach beyond its node" in body["message"]
    assert rig.ask("POST", "/networks/net/connect", {}).answer()[0] == 400


def test_an_overlay_network_is_found_by_its_engine() -> None:
    """A worker lists it only once a container there uses it."""
    rig = ApiRig(2)
    rig.has_network(2, NET, "wide", Driver="overlay", Scope="swarm")
    rig.has_container(1, WEB, "web")
    client = rig.ask("POST", "/networks/wide/connect", {"Container": "web"})
    assert rig.got(1)[0] == f"POST /v1.41/networks/{NET}/connect"
    rig.answers(1, 200)
    assert client.answer()[0] == 200


def test_a_manager_removes_an_overlay_network() -> None:
    rig = ApiRig(1)
    rig.add(2, swarm_manager=True)
    for number in (1, 2):
        rig.has_network(number, NET, "wide", Driver="overlay", Scope="swarm")
    client = rig.ask("DELETE", "/networks/wide")
    assert rig.got(2)[0] == f"DELETE /v1.41/networks/{NET}"
    rig.answers(2, 204)
    for number in (1, 2):
        assert not client.received, "its name is taken until both have heard of it"
        rig.answers(number, 200, [])
    assert client.answer()[0] == 204


def test_prune() -> None:
    rig = ApiRig(2)
    client = rig.ask("POST", "/networks/prune")
    rig.answers(1, 200, {"NetworksDeleted": ["a"]})
    rig.answers(2, 200, {"NetworksDeleted": None})
    assert client.answer() == (200, {"NetworksDeleted": ["a"]})


@pytest.mark.parametrize("asked", [NET, "net", NET[:8]])
def test_the_id_of_an_endpoint_is_what_the_path_says(asked: str) -> None:
    rig = rig_with_net()
    rig.has_container(2, WEB, "web")
    endpoint = {"networkid": asked, "Aliases": ["x"]}
    rig.ask("POST", "/networks/net/connect", {"Container": "web", "EndpointConfig": endpoint})
    assert orjson.loads(rig.got(2)[1])["EndpointConfig"] == {"Aliases": ["x"]}


@pytest.mark.parametrize(("asked", "status"), [("other", 400), ("f" * 64, 404)])
def test_another_id_is_refused(asked: str, status: int) -> None:
    rig = rig_with_net()
    rig.has_network(2, "0" * 64, "other")
    rig.has_container(2, WEB, "web")
    body = {"Container": "web", "EndpointConfig": {"NetworkID": asked}}
    assert rig.ask("POST", "/networks/net/connect", body).answer()[0] == status


def test_what_nodes_have_of_their_own_in_an_overlay_network_is_no_user_of_it() -> None:
    rig = ApiRig(1)
    rig.has_network(1, NET, "wide", Driver="overlay", Scope="swarm")
    balancer, web = {"lb-wide": {"Name": "wide-endpoint"}}, {WEB: {"Name": "web"}}
    for shown, expected in ((balancer, {}), ({**balancer, **web}, {**balancer, **web})):
        client = rig.ask("GET", "/networks/wide")
        rig.answers(1, 200, {"Id": NET, "Name": "wide", "Containers": shown})
        assert client.answer()[1]["Containers"] == expected
