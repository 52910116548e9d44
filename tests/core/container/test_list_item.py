from __future__ import annotations

import orjson

from swarmd.core.container.container_state import Container
from swarmd.core.container.list_item import (
    both_forms,
    encode_entry,
    ending,
    moved_entry,
    new_entry,
    own_first,
    plain_names,
    renamed,
    shown_ports,
    with_image,
)


def test_the_own_name_comes_first() -> None:
    assert own_first(["/app/db", "/db", "/web/db"]) == ("db", "app/db", "web/db")
    assert own_first(["/db", "/db"]) == ("db",)


def test_a_renamed_container_has_one_name_of_its_own() -> None:
    """An engine that is just renaming it lists both."""
    assert renamed(("old", "new", "app/db"), "/new") == ("new", "app/db")


def test_each_name_is_shown_plain_and_with_its_node() -> None:
    assert both_forms(["web", "app/db"], "node-1") == [
        "/web",
        "/node-1/web",
        "/app/db",
        "/node-1/app/db",
    ]


def test_ports_show_the_address_of_the_node_once() -> None:
    bound = {"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}
    ports = [{"IP": "0.0.0.0", **bound}, {"IP": "::", **bound}]
    assert shown_ports(ports, "10.0.0.1") == [{"IP": "10.0.0.1", **bound}]


def test_other_ports_stay_as_they_are() -> None:
    exposed = {"PrivatePort": 80, "Type": "tcp"}
    newer = {"IP": "", **exposed}
    local = {"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 1, "Type": "tcp"}
    assert shown_ports([exposed, newer, local], "10.0.0.1") == [exposed, newer, local]
    everywhere = {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 1, "Type": "tcp"}
    assert shown_ports([everywhere], "") == [everywhere]


def test_an_entry_keeps_what_it_does_not_know() -> None:
    item = {"Id": "c", "New": {"in": 2030}, "State": "running", "Status": "Up", "Ports": None}
    entry = encode_entry(item, ["web"], "n", "")
    assert orjson.loads(entry + b"}") == {
        "Id": "c",
        "New": {"in": 2030},
        "Names": ["/web", "/n/web"],
        "Ports": [],
    }


def test_names_without_their_nodes() -> None:
    item = {"Id": "c", "Labels": {"Names": "x", "y": '"Names":["/a","/b"]'}, "Ports": []}
    entry = encode_entry(item, ["web", "app/db"], "n", "")
    plain = orjson.loads(plain_names(entry) + b"}")
    assert plain == {**item, "Names": ["/web", "/app/db"]}
    assert plain_names(b'{"Id":"c","Names":[]') == b'{"Id":"c","Names":[]'
    odd = encode_entry(item, ["web"], 'a"]b', "")
    assert plain_names(odd) == odd


def test_an_entry_moves_with_its_engine() -> None:
    ports = [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 1, "Type": "tcp"},
        {"PrivatePort": 81, "Type": "tcp"},
    ]
    old = encode_entry({"Id": "c", "Ports": ports}, ["web"], "n", "10.0.0.1")
    moved = orjson.loads(moved_entry(old, ["www"], "m", "10.0.0.2", "10.0.0.1") + b"}")
    assert moved["Names"] == ["/www", "/m/www"]
    assert moved["Ports"][0]["IP"] == "10.0.0.2"
    back = orjson.loads(moved_entry(old, ["web"], "n", "", "10.0.0.1") + b"}")
    assert back["Ports"][0]["IP"] == "0.0.0.0"


def test_a_new_container_has_an_entry_of_its_own() -> None:
    container = Container(
        "c" * 64,
        "key",
        ("web",),
        image="busybox",
        created=12.5,
        labels={"a": "b"},
        networks=(("net", ""),),
        network_mode="net",
    )
    item = orjson.loads(new_entry(container, "n") + b"}")
    assert item["Names"] == ["/web", "/n/web"]
    assert (item["Created"], item["Labels"], item["Ports"]) == (12, {"a": "b"}, [])


def test_status_and_state_end_an_entry() -> None:
    assert orjson.loads(b'{"Id":"c"' + ending("running", "Up 10 seconds")[:-1]) == {
        "Id": "c",
        "State": "running",
        "Status": "Up 10 seconds",
    }


def test_an_image_in_place_of_a_name() -> None:
    item = {"Id": "1", "Names": ["/a"], "Image": "app:1", "Labels": {"x": '"Image":"app:1"'}}
    entry = orjson.dumps(item)[:-1]
    assert orjson.loads(with_image(entry, "sha256:1") + b"}") == {**item, "Image": "sha256:1"}
    assert with_image(b'{"Id":"1"', "sha256:1") == b'{"Id":"1"'


def test_what_is_bound_to_ipv6_alone_is_not_shown_at_an_ipv4_address() -> None:
    both = [
        {"IP": ip, "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"} for ip in ("0.0.0.0", "::")
    ]
    assert [one["IP"] for one in shown_ports(both, "10.0.0.1")] == ["10.0.0.1"]
    assert [one["IP"] for one in shown_ports(both[1:], "10.0.0.1")] == ["::"]
    assert [one["IP"] for one in shown_ports(both[1:], "fd00::1")] == ["fd00::1"]
