"""Every ID that any answer contains is found by every call that takes one, and means the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Answer, Api
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

PREDEFINED = ("bridge", "host", "none")


@pytest.fixture(scope="module")
def api(mixed_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), mixed_fleet)
    try:
        swarmd.start(3)
        yield swarmd.api
    finally:
        mixed_fleet.remove_all()
        swarmd.close()


@pytest.fixture(scope="module")
def things(api: Api) -> dict[str, Any]:
    """On each node containers of all kinds of networks, a volume and an exec; a moved network."""
    since = int(time.time())
    made = [container(api, f"{net}-{rank}", rank, net) for net in PREDEFINED for rank in (1, 2, 3)]
    network = api.call("POST", "/networks/create", {"Name": "moved"}).json["Id"]
    held = api.get(f"/networks/{network}")
    others = [
        rank
        for rank in (1, 2, 3)
        if not api.get("/networks?filters=" + filters(node=f"node-{rank}", name="moved"))
    ]
    made.append(container(api, "follower", others[0], "moved"))
    made.append(container(api, "guest", others[0], f"container:{made[-1]}"))
    for one in made:
        start = api.call("POST", f"/containers/{one}/exec", {"Cmd": ["true"]})
        assert api.call("POST", f"/exec/{start.json['Id']}/start", {"Detach": True}).status == 200
    assert held["Id"] == network
    return {"since": since, "containers": made, "moved": network}


def container(api: Api, name: str, rank: int, network: str) -> str:
    host = {"NetworkMode": network, "Binds": [f"data-{name}:/data"]}
    env = [] if network.startswith("container:") else [f"constraint:rank=={rank}"]
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "Env": env, "HostConfig": host}
    made = api.call("POST", f"/containers/create?name={name}", body)
    assert made.status == 201, made.body
    assert api.call("POST", f"/containers/{name}/start").status == 204
    return str(made.json["Id"])


def filters(**given: str) -> str:
    return quote(json.dumps({key: [value] for key, value in given.items()}))


def found(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return answer.json


def network_ids(shown: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, endpoint in shown["NetworkSettings"]["Networks"].items():
        yield name, endpoint["NetworkID"]


def containers_in(api: Api, network: str) -> set[str]:
    return {one["Id"] for one in api.get(f"/containers/json?filters={filters(network=network)}")}


def every_container(api: Api) -> list[dict[str, Any]]:
    listed = api.get("/containers/json?all=1")
    return [*listed, *(api.get(f"/containers/{one['Id']}/json") for one in listed)]


def test_networks_of_containers(api: Api, things: dict[str, Any]) -> None:
    listed = {one["Id"]: one["Name"] for one in api.get("/networks")}
    usage = api.get("/system/df")["Containers"]
    for shown in (*every_container(api), *usage):
        for name, network in network_ids(shown):
            assert listed.get(network) == name, (name, network)
            assert api.get(f"/networks/{network}") == api.get(f"/networks/{name}")
            by_name, by_id = (containers_in(api, ref) for ref in (name, network))
            assert by_name == by_id and shown["Id"] in by_id


def test_networks_of_lists(api: Api, things: dict[str, Any]) -> None:
    for row in api.get("/networks"):
        assert [row] == api.get(f"/networks?filters={filters(id=row['Id'])}")
        for ref in (row["Id"], row["Id"][:12], row["Name"]):
            assert api.get(f"/networks/{ref}")["Id"] == row["Id"]
        for one in api.get(f"/networks/{row['Id']}")["Containers"]:
            assert found(api.call("GET", f"/containers/{one}/json"))["Id"] == one
    all_of_them = {f"bridge-{rank}" for rank in (1, 2, 3)}
    bridge = api.get(f"/networks/{api.get('/networks/bridge')['Id']}")
    assert {one["Name"] for one in bridge["Containers"].values()} == all_of_them


@pytest.mark.parametrize("name", [*PREDEFINED, "moved"])
def test_a_container_that_is_made_again_from_its_inspect(
    api: Api, things: dict[str, Any], name: str
) -> None:
    """As tools that update containers do: the settings of each endpoint with all that they say."""
    old = "follower" if name == "moved" else f"{name}-2"
    shown = api.get(f"/containers/{old}/json")
    endpoints = shown["NetworkSettings"]["Networks"]
    by_id = next(iter(endpoints.values()))["NetworkID"]
    host = {**shown["HostConfig"], "NetworkMode": by_id}
    env = [f"constraint:node=={shown['Node']['Name']}"]
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "Env": env, "HostConfig": host}
    whole = {**body, "NetworkingConfig": {"EndpointsConfig": endpoints}}
    made = api.call("POST", f"/containers/create?name=again-{name}", whole)
    assert made.status == 201, made.body
    try:
        started = api.call("POST", f"/containers/again-{name}/start")
        assert started.status == 204, started.body
        again = api.get(f"/containers/again-{name}/json")
        assert list(network_ids(again)) == list(network_ids(shown))
    finally:
        api.call("DELETE", f"/containers/again-{name}?force=1&v=0")


def test_connecting_with_the_settings_of_an_inspect(api: Api, things: dict[str, Any]) -> None:
    endpoint = api.get("/containers/follower/json")["NetworkSettings"]["Networks"]["moved"]
    path = f"/networks/{things['moved']}"
    assert api.call("POST", f"{path}/disconnect", {"Container": "follower"}).status == 200
    body = {"Container": "follower", "EndpointConfig": {"NetworkID": endpoint["NetworkID"]}}
    assert api.call("POST", f"{path}/connect", body).status == 200
    body["EndpointConfig"] = {"NetworkID": api.get("/networks/bridge")["Id"]}
    refused = api.call("POST", f"{path}/connect", body)
    assert refused.status == 400 and "NetworkID" in refused.message
    body["EndpointConfig"] = {"NetworkID": "f" * 64}
    assert api.call("POST", f"{path}/connect", body).status == 404


def test_images_execs_volumes_and_nodes(api: Api, things: dict[str, Any]) -> None:
    for shown in every_container(api):
        image = shown.get("ImageID") or shown["Image"]
        assert found(api.call("GET", f"/images/{image}/json"))["Id"] == image
        assert shown["Id"] in {
            one["Id"] for one in api.get(f"/containers/json?filters={filters(ancestor=image)}")
        }
        for mount in shown["Mounts"]:
            assert found(api.call("GET", f"/volumes/{mount['Name']}"))["Name"] == mount["Name"]
        for exec_id in shown.get("ExecIDs") or ():
            assert found(api.call("GET", f"/exec/{exec_id}/json"))["ContainerID"] == shown["Id"]
        if node := shown.get("Node"):
            here = api.get(f"/containers/json?filters={filters(node=node['ID'])}")
            assert shown["Id"] in {one["Id"] for one in here}
    for image in (*api.get("/images/json"), *api.get("/system/df")["Images"]):
        assert found(api.call("GET", f"/images/{image['Id']}/json"))
        assert found(api.call("GET", f"/images/{image['Id']}/history"))


def test_actors_of_events(api: Api, things: dict[str, Any]) -> None:
    until = int(time.time()) + 1
    eventually(lambda: time.time() >= until, what="the end of the window")
    answer = api.call("GET", f"/events?since={things['since']}&until={until}")
    paths = {"container": "/containers/{}/json", "network": "/networks/{}", "volume": "/volumes/{}"}
    seen: dict[str, set[str]] = {}
    for line in answer.body.splitlines():
        event = json.loads(line)
        if event["Type"] in paths and not event["Action"].startswith(("destroy", "exec_die")):
            seen.setdefault(event["Type"], set()).add(event["Actor"]["ID"])
    kept = {
        "container": set(things["containers"]),
        "network": {one["Id"] for one in api.get("/networks") if one["Name"] != "host"},
    }
    assert seen["container"] >= kept["container"]
    assert kept["network"] - {api.get("/networks/none")["Id"]} <= seen["network"]
    for kind, known in kept.items():
        for one in seen[kind] & known:
            assert found(api.call("GET", paths[kind].format(one)))["Id"] == one
    for one in (api.get("/networks/bridge")["Id"], things["moved"]):
        query = f"since={things['since']}&until={until}&filters={filters(network=one)}"
        lines = api.call("GET", f"/events?{query}").body.splitlines()
        assert lines and {json.loads(line)["Actor"]["ID"] for line in lines} == {one}


def test_the_fleet_itself(api: Api) -> None:
    assert api.get("/info")["ID"] == api.get("/info")["ID"] != ""
