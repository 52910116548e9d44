from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.create_request import (
    EMPTY,
    CreateRequest,
    PortRange,
    parse_create,
    rewritten,
)
from swarmd.core.container.resources import RESERVE_LABEL, SHARES_LABEL, DeviceWish
from swarmd.core.errors import BadParameter
from swarmd.core.predefined import IDS

CONSTRAINTS = "com.docker.swarm.constraints"


def parsed(host: dict[str, Any] | None = None, **body: Any) -> CreateRequest:
    return parse_create({"Image": "busybox", "HostConfig": host, **body})


def plain(ref: str) -> str:
    return ref.removeprefix("node-1/")


def test_the_smallest_body() -> None:
    assert parse_create({"Image": "busybox"}) == CreateRequest("busybox")


def test_expressions_of_env_and_labels() -> None:
    request = parsed(
        Env=["A=constraint:x", "constraint:zone==a", "affinity:image==web", "whitelist:node==a|b"],
        Labels={CONSTRAINTS: '["disk==ssd", "zone==a"]', "com.docker.swarm.spread": "zone"},
    )
    assert request.constraints == ("disk==ssd", "zone==a")
    assert request.affinities == ("image==web",)
    assert request.whitelists == ("node==a|b",)
    assert request.spread == "zone"
    assert request.labels[CONSTRAINTS] == '["disk==ssd","zone==a"]'
    assert request.labels["com.docker.swarm.affinities"] == '["image==web"]'


def test_the_engine_gets_expressions_as_labels_and_the_rest_as_it_came() -> None:
    body = {
        "Image": "busybox",
        "Env": ["A=1", "constraint:zone==a", "constraints:no", "B"],
        "Labels": {"x": "y"},
        "HostConfig": {"Annotations": {"new": "1"}, "NetworkMode": "default"},
        "Unknown": [1, {"deep": None}],
    }
    before = repr(body)
    sent = rewritten(body)
    assert sent == {
        **body,
        "Env": ["A=1", "constraints:no", "B"],
        "Labels": {"x": "y", CONSTRAINTS: '["zone==a"]'},
    }
    assert repr(body) == before
    assert rewritten(sent) == sent


def test_a_body_without_expressions_stays() -> None:
    assert rewritten({"Image": "a", "Env": None}) == {"Image": "a", "Env": None}


def test_references_with_a_node_become_what_the_engine_knows() -> None:
    body = {
        "Image": "a",
        "HostConfig": {
            "VolumesFrom": ["node-1/data:ro"],
            "Links": ["/node-1/db:db"],
            "Binds": ["node-1/vol:/x", "/srv:/y:ro"],
            "NetworkMode": "node-1/net",
            "IpcMode": "container:node-1/db",
            "PidMode": "",
            "Mounts": [
                {"Type": "volume", "Source": "node-1/vol", "Target": "/z"},
                {"Type": "bind", "Source": "node-1/vol"},
                {"Type": "volume", "Target": "/anonymous"},
            ],
        },
        "NetworkingConfig": {"EndpointsConfig": {"node-1/net": {"Aliases": ["a"]}}, "New": 1},
    }
    sent = rewritten(body, plain)
    assert sent["HostConfig"] == {
        "VolumesFrom": ["data:ro"],
        "Links": ["db:db"],
        "Binds": ["vol:/x", "/srv:/y:ro"],
        "NetworkMode": "net",
        "IpcMode": "container:db",
        "PidMode": "",
        "Mounts": [
            {"Type": "volume", "Source": "vol", "Target": "/z"},
            {"Type": "bind", "Source": "node-1/vol"},
            {"Type": "volume", "Target": "/anonymous"},
        ],
    }
    assert sent["NetworkingConfig"] == {"EndpointsConfig": {"net": {"Aliases": ["a"]}}, "New": 1}


def test_references_to_what_is_there_stay_as_they_were_written() -> None:
    host = {"VolumesFrom": ["/data:ro"], "Links": ["/db:db", "/db"]}
    assert rewritten({"Image": "a", "HostConfig": host}, plain)["HostConfig"] == host


def test_a_backslash_that_a_shell_left_before_an_exclamation_mark() -> None:
    """In double quotes an interactive shell keeps it; classic Swarm then took no list at all."""
    request = parsed(Labels={CONSTRAINTS: r'["zone\!=a"]'})
    assert request.constraints == ("zone!=a",)
    assert request.labels[CONSTRAINTS] == '["zone!=a"]'
    assert parsed(Labels={CONSTRAINTS: r'["a==/\\!/"]'}).constraints == (r"a==/\!/",)


def test_demand() -> None:
    request = parsed(
        {
            "NanoCpus": 5,
            "Memory": 6,
            "CpusetCpus": "0-3",
            "DeviceRequests": [{"DeviceIDs": ["1"], "Capabilities": [["gpu"]]}],
            "PortBindings": {
                "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostPort": "8080"}],
                "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}],
                "81": [{"HostIp": "::", "HostPort": "8000-8010"}, {"HostPort": ""}],
                "82/tcp": None,
            },
        }
    )
    assert request.demand == Demand(
        5, 6, (HostPort(8080), HostPort(53, "udp", "127.0.0.1")), (("gpu", "1"),)
    )
    assert request.port_ranges == (PortRange(8000, 8010, "tcp", ""),)
    assert request.device_wishes == (DeviceWish("gpu", 0, ("1",)),)
    assert request.cpuset == 4


def test_with_the_network_of_the_host_exposed_ports_are_held() -> None:
    request = parsed(
        {"NetworkMode": "host", "PortBindings": {"1/tcp": [{"HostPort": "1"}]}},
        ExposedPorts={"80/tcp": {}, "53/udp": {}},
    )
    assert request.demand.ports == (HostPort(80), HostPort(53, "udp"))
    assert request.networks == ()


def test_fields_of_the_oldest_clients() -> None:
    old = parsed({"Memory": 1}, Memory=7, CpuShares=1)
    assert (old.demand, old.labels) == (Demand(10**9, 7), {SHARES_LABEL: "1"})


def test_references() -> None:
    request = parsed(
        {
            "NetworkMode": "container:web",
            "IpcMode": "container:ipc",
            "PidMode": "host",
            "VolumesFrom": ["data:ro", "data:ro"],
            "Links": ["db:alias"],
            "Binds": ["vol:/x", "/srv:/y", "./rel:/z", ":/bad", "/only"],
            "Mounts": [
                {"Type": "volume", "Source": "vol2", "Target": "/v"},
                {"Type": "tmpfs", "Target": "/t"},
                {"Type": "bind", "Source": "/a"},
            ],
        },
        NetworkingConfig={"EndpointsConfig": {"front": {}, "bridge": {}}},
        Tty=True,
    )
    assert request.containers == (
        ("--volumes-from", "data"),
        ("--link", "db"),
        ("--network", "web"),
        ("--ipc", "ipc"),
    )
    assert request.volumes == ("vol", "vol2")
    assert request.networks == ("front",)
    assert request.network_mode == "container:web"
    assert request.tty


@pytest.mark.parametrize("name", ["none", "front", ""])
def test_an_endpoint_that_is_null(name: str) -> None:
    """An engine of release 28 ends the connection over it, others say this."""
    with pytest.raises(BadParameter, match=f"^no EndpointSettings for {name}$"):
        parsed(NetworkingConfig={"EndpointsConfig": {"back": {}, name: None}})


@pytest.mark.parametrize("mode", ["", "default", "bridge", "host", "none"])
def test_predefined_networks_tie_to_no_node(mode: str) -> None:
    assert parsed({"NetworkMode": mode}).networks == ()


def test_a_network_of_ones_own() -> None:
    assert parsed({"NetworkMode": "front"}).networks == ("front",)


@pytest.mark.parametrize("policy", ["off", "on-node-failure"])
def test_reschedule_policies(policy: str) -> None:
    labels = parsed(Env=[f"reschedule:{policy}"]).labels
    assert labels["com.docker.swarm.reschedule-policies"] == f'["{policy}"]'


def unmarshal(kind: str, field: str, go_type: str) -> str:
    return (
        f"invalid JSON: json: cannot unmarshal {kind} into "
        f"Go struct field CreateRequest.{field} of type {go_type}"
    )


BAD = [
    (None, EMPTY),
    ({}, EMPTY),
    ({"Image": ""}, EMPTY),
    (
        [],
        "invalid JSON: json: cannot unmarshal array into Go value of type container.CreateRequest",
    ),
    ({"Image": 1}, unmarshal("number", "Image", "string")),
    ({"Env": "A=1"}, unmarshal("string", "Env", "[]string")),
    ({"Env": [1]}, unmarshal("number", "Env", "string")),
    ({"Labels": {"a": 1}}, unmarshal("number", "Labels", "string")),
    ({"HostConfig": []}, unmarshal("array", "HostConfig", "container.HostConfig")),
    ({"HostConfig": {"Memory": "1g"}}, unmarshal("string", "Memory", "int64")),
    ({"HostConfig": {"Memory": True}}, unmarshal("bool", "Memory", "int64")),
    ({"HostConfig": {"Binds": [{}]}}, unmarshal("object", "Binds", "string")),
    ({"HostConfig": {"Mounts": [1]}}, unmarshal("number", "Mounts", "mount.Mount")),
    (
        {"NetworkingConfig": {"EndpointsConfig": []}},
        unmarshal("array", "NetworkingConfig", "map[string]*network.EndpointSettings"),
    ),
    (
        {"HostConfig": {"PortBindings": {"80/tcp": "x"}}},
        "invalid JSON: a value in HostConfig has a wrong type",
    ),
    ({"Env": ["reschedule:now"]}, "invalid reschedule policy: now"),
    ({"Env": ["reschedule:off", "reschedule:on-node-failure"]}, "too many reschedule policies"),
    (
        {"Labels": {CONSTRAINTS: "zone==a"}},
        f'label {CONSTRAINTS} must be a JSON list of strings, like ["zone==a"]',
    ),
    (
        {"Labels": {CONSTRAINTS: "[1]"}},
        f'label {CONSTRAINTS} must be a JSON list of strings, like ["zone==a"]',
    ),
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_bad_bodies(body: Any, message: str) -> None:
    if isinstance(body, dict) and body and "Image" not in body:
        body = {"Image": "busybox", **body}
    with pytest.raises(BadParameter) as caught:
        parse_create(body)
    assert caught.value.message == message


def test_an_endpoints_network_is_needed_by_its_id_too() -> None:
    endpoints = {"net": {"NetworkID": "f" * 64}, "bridge": {"NetworkID": IDS["bridge"]}}
    config = parse_create({"Image": "a", "NetworkingConfig": {"EndpointsConfig": endpoints}})
    assert config.networks == ("net", "f" * 64)


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, -(2**63) - 1, 1e30, 1.0])
def test_a_size_that_no_engine_can_hold(number: float) -> None:
    for key in ("Memory", "MemoryReservation", "NanoCpus", "CpuShares", "CpuQuota", "CpuPeriod"):
        with pytest.raises(BadParameter, match="cannot unmarshal number"):
            parsed({key: number})
    for key in ("Memory", "CpuShares"):
        with pytest.raises(BadParameter, match="cannot unmarshal number"):
            parsed(None, **{key: number})


def test_a_label_that_is_null_is_an_empty_one() -> None:
    assert parsed(Labels={"a": None}).labels == {"a": ""}


def test_what_is_reserved_is_hard_or_soft() -> None:
    body = {"Image": "x", "Labels": {RESERVE_LABEL: "soft"}, "HostConfig": {"NanoCpus": 5}}
    assert parse_create(body).demand == Demand(5, reserve="soft")
    with pytest.raises(BadParameter, match="should be hard or soft, 'firm' is invalid"):
        parse_create({"Image": "x", "Labels": {RESERVE_LABEL: "firm"}})
