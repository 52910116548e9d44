import orjson

from swarmd.api.inspect import with_node
from swarmd.core.model import Engine, Spec
from swarmd.core.resources import SHARES_LABEL

ENGINE = Engine(
    "10.0.0.1:2375",
    "10.0.0.1:2375",
    ip="10.0.0.1",
    name="node-1",
    spec=Spec("ID1", "node-1", 4, 1 << 30),
    labels={"zone": "a"},
)


def shown(inspect: object) -> dict:
    return orjson.loads(with_node(orjson.dumps(inspect) + b"\n", ENGINE))


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


def test_what_was_asked_for_stays_as_it_was() -> None:
    """Only what is bound is rewritten, not the wish in HostConfig."""
    wish = {"PortBindings": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "80"}]}}
    inspect = {"HostConfig": wish, "NetworkSettings": {"Ports": {"80/tcp": None}}}
    assert shown(inspect)["HostConfig"] == wish


def test_a_label_cannot_pass_for_the_settings() -> None:
    inspect = {
        "Config": {"Labels": {"a": '"NetworkSettings":{"Ports":{"1/tcp":[{"HostIp":"::"}]}}'}},
        "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "1"}]}},
    }
    assert shown(inspect)["Config"] == inspect["Config"]
    assert shown(inspect)["NetworkSettings"]["Ports"]["80/tcp"][0]["HostIp"] == "10.0.0.1"


def test_an_engine_without_a_known_address_is_left_alone() -> None:
    inspect = {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "1"}]}}}
    body = with_node(orjson.dumps(inspect), Engine("unix:///x", "unix:///x"))
    assert orjson.loads(body)["NetworkSettings"] == inspect["NetworkSettings"]


def test_what_is_no_object_passes_through() -> None:
    assert with_node(b"null\n", ENGINE) == b"null\n"


def test_an_unended_object_does_no_harm() -> None:
    assert with_node(b'{"NetworkSettings":{"Ports":{"1/tcp":[{"HostIp"', ENGINE)


def with_shares(sent: int, **labels: str) -> dict:
    return {"HostConfig": {"CpuShares": sent, "Memory": 0}, "Config": {"Labels": labels}}


def test_cpu_shares_that_stand_for_cpus_come_back_as_they_were_given() -> None:
    """Of the engine's four CPUs."""
    for sent, label in ((512, "2"), (256, "1"), (1024, "4")):
        inspect = with_shares(sent, **{SHARES_LABEL: label})
        assert shown(inspect)["HostConfig"] == {"CpuShares": int(label), "Memory": 0}


def test_what_somebody_set_meanwhile_is_shown() -> None:
    for sent, label in ((3, "2"), (600, "2"), (512, ""), (512, "many"), (512, "200")):
        inspect = with_shares(sent, **{SHARES_LABEL: label})
        assert shown(inspect)["HostConfig"]["CpuShares"] == sent
    assert shown(with_shares(512))["HostConfig"]["CpuShares"] == 512
    assert shown({"Config": {"Labels": {SHARES_LABEL: "2"}}})["Config"]
