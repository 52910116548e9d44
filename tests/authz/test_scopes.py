"""A scope from the client's side of the door: what is not in it does not exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from swarmd.api.access.scoping import Scoping
from swarmd.authz.rights import Right
from swarmd.cluster import actions
from tests.api.rig import Client
from tests.authz.rig import (
    ALICE,
    BOB,
    BUSYBOX,
    ERIN,
    FREE,
    ML,
    ML_NET,
    ROOT,
    WEB,
    WEB_NET,
    GuardedRig,
    answer,
    container,
    create,
)


def ids(found: Any) -> set[str]:
    return {item["Id"][:2] for item in found}


def test_lists_show_what_is_ones_own(rig: GuardedRig) -> None:
    assert ids(rig.json(ALICE, "/containers/json?all=1")) == {ML[:2]}
    assert ids(rig.json(BOB, "/containers/json?all=1")) == {WEB[:2]}
    assert ids(rig.json(ROOT, "/containers/json?all=1")) == {ML[:2], WEB[:2], FREE[:2]}
    for query in ("name", "id", "label", "network", "status"):
        value = {"name": "theirs", "id": WEB, "label": "team=web", "status": "running"}.get(query)
        filters = json.dumps({query: [value or "theirs-net"]}).replace('"', "%22")
        found = rig.json(ALICE, f"/containers/json?all=1&filters={filters.replace(' ', '')}")
        assert ids(found) <= {ML[:2]}, query
    names = {item["Name"] for item in rig.json(ALICE, "/networks")}
    assert names == {"mine-net", "shared", "bridge", "host"}
    assert [one["Name"] for one in rig.json(ALICE, "/volumes")["Volumes"]] == ["mine-vol"]
    tags = {tag for item in rig.json(ALICE, "/images/json") for tag in item["RepoTags"]}
    assert tags == {"mine/app:1", "busybox:latest"}


def test_counts_are_of_ones_own(rig: GuardedRig) -> None:
    info = rig.json(ALICE, "/info")
    assert (info["Containers"], info["ContainersRunning"], info["Images"]) == (1, 1, 2)


REFS = ["theirs", "node-1/theirs", WEB, WEB[:12], "nobodys", FREE, "no-such-thing"]


@pytest.mark.parametrize("ref", REFS)
@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("GET", "/json"),
        ("GET", "/logs?stdout=1"),
        ("GET", "/export"),
        ("GET", "/archive?path=/"),
        ("PUT", "/archive?path=/"),
        ("GET", "/attach/ws"),
        ("POST", "/attach"),
        ("POST", "/exec"),
        ("POST", "/start"),
        ("POST", "/kill"),
        ("POST", "/update"),
        ("POST", "/wait"),
        ("POST", "/rename?name=x"),
        ("DELETE", ""),
    ],
)
def test_others_containers_do_not_exist(
    rig: GuardedRig, ref: str, method: str, action: str
) -> None:
    body = {"Cmd": ["x"]} if action == "/exec" else None
    status, answer = rig.as_(ALICE, method, f"/containers/{ref}{action}", body).answer()
    assert (status, answer["message"]) == (404, f"No such container: {ref}")
    assert rig.asked == []


def test_others_execs_do_not_exist(rig: GuardedRig) -> None:
    rig.state.add_exec("e1", WEB)
    rig.state.add_exec("e2", ML)
    for path in ("/exec/e1/json", "/exec/zz/json"):
        assert rig.status(ALICE, "GET", path) == 404
    assert rig.status(ALICE, "POST", "/exec/e1/start", {"Detach": True}) == 404
    assert rig.status(ALICE, "GET", "/exec/e2/json") == 200


@pytest.mark.parametrize(
    "host",
    [
        {"VolumesFrom": ["theirs"]},
        {"VolumesFrom": ["nobodys:ro"]},
        {"volumesfrom": [WEB]},
        {"NetworkMode": "container:theirs"},
        {"PidMode": f"container:{WEB[:8]}"},
        {"IpcMode": "container:theirs"},
        {"Links": ["theirs:db"]},
        {"NetworkMode": "theirs-net"},
        {"NetworkMode": WEB_NET},
        {"NetworkMode": "no-such-net"},
        {"Binds": ["theirs-vol:/x"]},
        {"Mounts": [{"Type": "volume", "Source": "theirs-vol", "Target": "/x"}]},
        {"Binds": ["node-1/theirs-vol:/x"]},
    ],
)
def test_a_create_names_only_ones_own(rig: GuardedRig, host: dict[str, Any]) -> None:
    assert rig.status(ALICE, "POST", "/containers/create", create(**host)) == 400
    assert rig.asked == []


def test_an_endpoint_is_named_as_carefully(rig: GuardedRig) -> None:
    for endpoints in ({"theirs-net": {}}, {"mine-net": {"Links": ["theirs:db"]}}):
        body = {**create(), "NetworkingConfig": {"EndpointsConfig": endpoints}}
        assert rig.status(ALICE, "POST", "/containers/create", body) == 400


@pytest.mark.parametrize("name", ["default", "bridge", "none"])
def test_everybody_has_the_networks_that_every_engine_has(rig: GuardedRig, name: str) -> None:
    endpoints = {"EndpointsConfig": {name: {}}}  # as newer CLIs say it once more
    body = {**create(NetworkMode=name), "NetworkingConfig": endpoints}
    assert rig.status(ALICE, "POST", "/containers/create", body) == 201


def test_what_is_created_is_labelled_whatever_the_client_says(rig: GuardedRig) -> None:
    body = {
        **create(
            VolumesFrom=["mine:ro"], Binds=["mine-vol:/a:ro", "new:/b"], PidMode="container:mine"
        ),
        "labels": {"team": "web", "com.docker.swarm.role": "admin", "com.docker.swarm.id": WEB},
    }
    assert rig.status(ALICE, "POST", "/containers/create", body) == 201
    sent = rig.sent("POST", "/containers/create")
    labels = sent["Labels"]
    assert labels["team"] == "ml" and labels["com.docker.swarm.role"] == "ml"
    assert labels["com.docker.swarm.id"] != WEB
    host = sent["HostConfig"]
    assert host["VolumesFrom"] == [f"{ML}:ro"] and host["PidMode"] == f"container:{ML}"
    volumes = {one["Source"]: one for one in host["Mounts"]}
    assert volumes["mine-vol"]["ReadOnly"] is True
    assert volumes["new"]["VolumeOptions"]["Labels"] == {"team": "ml"}
    assert host["Binds"] in (None, [])
    for path in ("/networks/create", "/volumes/create"):
        given = {"Name": "fresh", "Labels": {"team": "web", "com.docker.swarm.network.id": WEB_NET}}
        assert rig.status(ALICE, "POST", path, given) == 201
        assert rig.sent("POST", path)["Labels"] == {"team": "ml"}


def test_names_do_not_repeat_between_scopes(rig: GuardedRig) -> None:
    assert rig.status(ALICE, "POST", "/containers/create?name=theirs", create()) == 409
    assert rig.status(ALICE, "POST", "/networks/create", {"Name": "theirs-net"}) == 409
    assert rig.status(ALICE, "POST", "/volumes/create", {"Name": "theirs-vol"}) == 409
    for path in (
        "/images/mine/app:1/tag?repo=theirs/app&tag=1",
        "/images/mine/app:1/tag?repo=busybox",
        "/commit?container=mine&repo=theirs/app&tag=1",
        "/commit?container=mine&repo=busybox",
    ):
        assert rig.status(ALICE, "POST", path) == 409, path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/commit?container=theirs", 404),
        ("GET", "/images/theirs/app:1/json", 404),
        ("GET", "/images/theirs/app:1/get", 404),
        ("GET", f"/images/get?names={WEB}", 404),
        ("GET", "/images/get?names=mine/app:1,theirs/app:1", 404),
        ("GET", "/images/get?names=theirs/app", 404),
        ("GET", "/images/get?names=mine/app", 403),
        ("POST", "/images/theirs/app:1/tag?repo=x", 404),
        ("POST", "/images/theirs/app/push?tag=1", 404),
        ("POST", "/images/mine/app/push", 403),
        ("DELETE", "/images/theirs/app:1", 404),
        ("DELETE", "/images/busybox", 404),
        ("DELETE", f"/images/{FREE[:10]}", 404),
        ("GET", "/networks/theirs-net", 404),
        ("GET", f"/networks/{WEB_NET}", 404),
        ("DELETE", "/networks/theirs-net", 404),
        ("DELETE", "/networks/shared", 404),
        ("GET", "/volumes/theirs-vol", 404),
        ("GET", "/volumes/node-1/theirs-vol", 404),
        ("DELETE", "/volumes/theirs-vol?force=1", 404),
        ("POST", "/images/load", 403),
        ("GET", "/swarmd/nodes", 403),
        ("GET", "/swarmd/metrics", 403),
        ("POST", "/swarmd/explain", 403),
        ("POST", "/session", 403),
        ("POST", "/grpc", 403),
        ("POST", "/build?version=2", 403),
    ],
)
def test_what_a_scope_cannot_reach(rig: GuardedRig, method: str, path: str, status: int) -> None:
    assert rig.status(ALICE, method, path) == status
    assert rig.asked == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("version=2", 403),
        ("version=2&version=1", 403),
        ("networkmode=container:theirs", 404),
        (f"networkmode=container:{WEB[:12]}", 404),
        ("networkmode=theirs-net", 404),
        (f"networkmode={WEB_NET}", 404),
        ("networkmode=host&networkmode=container:theirs", 404),
    ],
)
def test_a_build_reaches_nobody_elses(rig: GuardedRig, query: str, status: int) -> None:
    """Whatever the role lets a create contain."""
    assert rig.status(ERIN, "POST", f"/build?{query}") == status
    assert rig.asked == []


def test_a_build_shares_what_is_named_by_its_whole_id(rig: GuardedRig) -> None:
    role = rig.guard.policy.roles["free"]
    query = {"networkmode": ["container:mine"]}
    seen, _ = rig.guard._tree(role, False)
    Scoping(role, rig.fleet, seen).apply(Right("images", "build"), "build", query, None)
    assert query["networkmode"] == [f"container:{ML}"]


def test_networks_are_joined_by_ones_own_only(rig: GuardedRig) -> None:
    for net, one, status in (
        ("theirs-net", "mine", 404),
        (ML_NET, "theirs", 404),
        ("shared", "nobodys", 404),
        ("shared", "mine", 204),
    ):
        path = f"/networks/{net}/connect"
        assert rig.status(ALICE, "POST", path, {"container": one}) == status, (net, one)


def test_prune_takes_ones_own_only(rig: GuardedRig) -> None:
    for noun in ("containers", "images", "networks", "volumes"):
        rig.as_(ALICE, "POST", f"/{noun}/prune?filters=%7B%22label%22:%5B%22x%22%5D%7D")
        lines = [line for line in rig.asked if f"/{noun}" in line]
        assert lines and all("team%3Dml" in line for line in lines), lines
    rig.as_(ALICE, "POST", "/containers/prune")
    assert all("team%3Dml" in line for line in rig.asked if "/containers/prune" in line)


def test_a_reference_that_an_engine_takes_for_anothers_is_unknown(rig: GuardedRig) -> None:
    """An ID's start of one's own, which is the name of a foreign image."""
    from swarmd.cluster import actions
    from tests.authz.rig import ML_IMAGE, WEB_IMAGE, _image

    start = ML[:8]
    images = [
        _image(ML_IMAGE, "mine/app:1", {"team": "ml"}),
        _image(WEB_IMAGE, f"{start}:latest", {"team": "web"}),
    ]
    rig.fleet.dispatch(actions.ImagesListed(rig.engine(1).key, images, rig.clock.seconds()))
    assert rig.status(ALICE, "DELETE", f"/images/{start}") == 404
    assert rig.status(ALICE, "GET", f"/images/{start}/json") == 404
    assert rig.asked == []


def test_events_are_of_ones_own(rig: GuardedRig) -> None:
    mine, theirs = (rig.as_(who, "GET", "/events") for who in (ALICE, BOB))
    for one, team in ((ML, "ml"), (WEB, "web"), (FREE, "")):
        labels = {"team": team} if team else {}
        rig.hub.publish(rig.engine(1).key, _event("container", one, labels))
    rig.hub.publish(rig.engine(1).key, _event("network", WEB_NET, {"name": "theirs-net"}))
    rig.hub.publish(rig.engine(1).key, _event("network", ML_NET, {"name": "mine-net"}))
    rig.hub.publish(rig.engine(1).key, _event("volume", "theirs-vol", {"driver": "local"}))
    rig.hub.publish(rig.engine(1).key, _event("volume", "mine-vol", {"driver": "local"}))
    assert ML.encode() in mine.received and ML_NET.encode() in mine.received
    assert b"mine-vol" in mine.received
    for foreign in (WEB.encode(), FREE.encode(), WEB_NET.encode(), b"theirs-vol"):
        assert foreign not in mine.received
    assert WEB.encode() in theirs.received and ML.encode() not in theirs.received


def _event(kind: str, one: str, attributes: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": kind,
        "Action": "x",
        "Actor": {"ID": one, "Attributes": attributes},
        "time": 1,
        "timeNano": 10**9,
    }


# Quotas


def test_a_quota_counts_what_is_under_way(rig: GuardedRig) -> None:
    two = create(Memory=2 << 30)
    assert rig.status(ALICE, "POST", "/containers/create", two) == 201
    rig.script(1, lambda method, target: None)
    rig.script(2, lambda method, target: None)
    clients = [Client(rig.site) for _ in range(2)]
    for client in clients:
        client.channel.identity = ALICE
        client.send("POST", "/containers/create", two)
    rig.pass_time(7.0)
    first, second = clients
    assert first.received == b""  # its engine has not answered yet
    status, body = second.answer()
    assert status == 403 and "role.ml.quota.memory" in body["message"]


def test_a_quota_needs_a_limit_to_count(rig: GuardedRig) -> None:
    status, body = rig.as_(ALICE, "POST", "/containers/create", create(Memory=0)).answer()
    assert status == 403 and "--memory" in body["message"]
    status, body = rig.as_(ALICE, "POST", "/containers/mine/update", {"Memory": 1 << 40}).answer()
    assert status == 403 and "quota" in body["message"]


def test_a_quota_counts_what_no_list_tells(rig: GuardedRig) -> None:
    """Right after the start only lists are known, and they tell neither memory nor GPUs."""
    labels = {"team": "ml", "com.docker.swarm.role": "ml", "com.docker.swarm.owner": "alice"}
    old, at = "d5" * 32, rig.clock.seconds()
    listed = [container(old, "old", labels, BUSYBOX)]
    rig.fleet.dispatch(actions.ContainersListed(rig.engine(1).key, listed, at, rig.now, {old}))
    inspected = {"Id": old, "Name": "/old", "Config": {"Labels": labels}, "State": {},
                 "HostConfig": {"Memory": 4 << 30}}  # fmt: skip

    def script(method: str, target: str) -> tuple[int, Any]:
        return (200, inspected) if f"{old}/json" in target else answer(method, target)

    rig.script(1, script)
    status, body = rig.as_(ALICE, "POST", "/containers/create", create(Memory=1)).answer()
    assert status == 403 and "role.ml.quota.memory" in body["message"]
    rig.as_(ALICE, "POST", "/containers/create", create(Memory=1))
    assert sum(f"{old}/json" in line for line in rig.asked) == 1
