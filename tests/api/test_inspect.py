import orjson

from swarmd.api.inspect import with_node
from swarmd.core.model import Engine, Spec

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
