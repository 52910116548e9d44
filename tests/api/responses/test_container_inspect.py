from collections.abc import Mapping

import orjson

from swarmd.api.responses.container_inspect import with_node
from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import NO_LABELS
from swarmd.core.container.resources import SHARES_LABEL
from swarmd.core.model import Spec

ENGINE = EngineRecord(
    "10.0.0.1:2375",
    "10.0.0.1:2375",
    ip="10.0.0.1",
    name="node-1",
    spec=Spec("ID1", "node-1", 4, 1 << 30),
    labels={"zone": "a"},
)


def shown(inspect: object, labels: Mapping[str, str] = NO_LABELS) -> dict:
    return orjson.loads(with_node(orjson.dumps(inspect) + b"\n", ENGINE, labels))


def test_the_node_is_added_and_nothing_else_changes() -> None:
    inspect = {"Id": "abc", "Unknown": [1, {"x": None}], "NetworkSettings": {"Ports": {}}}
    assert shown(inspect) == {
        **inspect,
        "Node": {
            "ID": "ID1",
            "IP": "10.0.0.1",
            "Addr": "10.0.0.1:2375",
            "Name": "node-1",
            "Cpus": 4,
            "Memory": 1 << 30,
            "Labels": {"zone": "a"},
        },
    }


def test_ports_bound_to_every_address_show_the_node_once() -> None:
    ports = {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": "81"}],
        "82/tcp": None,
    }
    inspect = {"NetworkSettings": {"Bridge": "", "Ports": ports, "Networks": {"x": {}}}}
    assert shown(inspect)["NetworkSettings"] == {
        "Bridge": "",
        "Ports": {
            "80/tcp": [{"HostIp": "10.0.0.1", "HostPort": "8080"}],
            "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": "81"}],
            "82/tcp": None,
        },
        "Networks": {"x": {}},
    }


def test_what_is_bound_to_ipv6_alone_is_not_shown_at_an_ipv4_address() -> None:
    ports = {"80/tcp": [{"HostIp": "::", "HostPort": "1"}, {"HostIp": "0.0.0.0", "HostPort": "2"}]}
    bound = shown({"NetworkSettings": {"Ports": ports}})["NetworkSettings"]["Ports"]["80/tcp"]
    assert [one["HostIp"] for one in bound] == ["::", "10.0.0.1"]


def test_a_start_that_swarmd_refused_is_shown_as_an_engine_shows_its_own() -> None:
    inspect = {"State": {"Status": "created", "ExitCode": 0, "Error": "", "Health": {"Log": []}}}
    body = with_node(orjson.dumps(inspect) + b"\n", ENGINE, NO_LABELS, refusal="Bind failed")
    state = orjson.loads(body)["State"]
    assert state == {**inspect["State"], "ExitCode": 128, "Error": "Bind failed"}


def test_what_was_asked_for_stays_as_it_was() -> None:
    """Only what is bound is rewritten, not the wish in HostConfig."""
    wish = {"PortBindings": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "80"}]}}
    inspect = {"HostConfig": wish, "NetworkSettings": {"Ports": {"80/tcp": None}}}
    assert shown(inspect)["HostConfig"] == wish


def test_a_label_cannot_pass_for_the_settings() -> None:
    inspect = {
        "Config": {"Labels": {"a": '"NetworkSettings":{"Ports":{"1/tcp":[{"HostIp":"::"}]}}'}},
        "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "", "HostPort": "1"}]}},
    }
    assert shown(inspect)["Config"] == inspect["Config"]
    assert shown(inspect)["NetworkSettings"]["Ports"]["80/tcp"][0]["HostIp"] == "10.0.0.1"


def test_an_engine_without_a_known_address_is_left_alone() -> None:
    inspect = {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "1"}]}}}
    body = with_node(orjson.dumps(inspect), EngineRecord("unix:///x", "unix:///x"), NO_LABELS)
    assert orjson.loads(body)["NetworkSettings"] == inspect["NetworkSettings"]


def test_what_is_no_object_passes_through() -> None:
    assert with_node(b"null\n", ENGINE, NO_LABELS) == b"null\n"


def test_an_unended_object_does_no_harm() -> None:
    assert with_node(b'{"NetworkSettings":{"Ports":{"1/tcp":[{"HostIp"', ENGINE, NO_LABELS)


def shares(sent: int, label: str) -> int:
    labels = {SHARES_LABEL: label}
    inspect = {"HostConfig": {"CpuShares": sent, "Memory": 0}, "Config": {"Labels": labels}}
    seen = shown(inspect, labels)
    assert seen["Config"] == inspect["Config"] and seen["HostConfig"]["Memory"] == 0
    return seen["HostConfig"]["CpuShares"]


def test_cpu_shares_that_stand_for_cpus_come_back_as_they_were_given() -> None:
    """Of the engine's four CPUs."""
    assert [shares(512, "2"), shares(256, "1"), shares(1024, "4")] == [2, 1, 4]


def test_what_somebody_set_meanwhile_is_shown() -> None:
    for sent, label in ((3, "2"), (600, "2"), (512, ""), (512, "many"), (512, "200"), (512, "02")):
        assert shares(sent, label) == sent
    assert "HostConfig" not in shown({"Id": "x"}, {SHARES_LABEL: "2"})
