from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core import decode
from swarmd.core.container.container_state import Container, Demand, HostPort, Mount, Published
from swarmd.core.decode import MalformedError, Shared, timestamp
from swarmd.core.predefined import IDS
from tests.cluster.fleet import NOW, full_id, inspect, item


def listed(entry: dict[str, Any], **changes: Any) -> Container:
    known = {"key": "k", "node": "n", "ip": "10.0.0.1", "now": NOW, "shared": Shared()}
    return decode.listed_container(entry, **{**known, **changes})


def detailed(**changes: Any) -> Container:
    return decode.inspected_container(inspect(1, **changes), key="k", shared=Shared())


# Lists


def test_a_running_container_of_a_list() -> None:
    one = listed(item(1, "web", Names=["/app/db", "/web"]), fraction=0.5)
    assert (one.id, one.engine, one.names) == (full_id(1), "k", ("web", "app/db"))
    assert (one.image, one.network_mode) == ("busybox", "bridge")
    assert one.created == NOW - 999 + 0.5
    assert (one.state, one.started_at, one.finished_at) == ("running", NOW - 330, 0)
    assert one.networks == (("bridge", IDS["bridge"]),)
    assert not one.detailed and one.health == "none"


def test_an_exited_container_of_a_list() -> None:
    one = listed(item(1, State="exited", Status="Exited (3) 2 hours ago"))
    assert (one.state, one.exit_code) == ("exited", 3)
    assert one.finished_at == one.started_at == NOW - 7200


def test_a_container_that_never_ran() -> None:
    one = listed(item(1, State="created", Status="Created"))
    assert (one.started_at, one.finished_at) == (0, 0)


def test_health_is_read_from_the_text_or_from_its_own_field() -> None:
    assert listed(item(1, Status="Up 5 minutes (unhealthy)")).health == "unhealthy"
    assert listed(item(1, Health={"Status": "starting", "FailingStreak": 0})).health == "starting"


def test_ports_of_both_address_families_are_held_once() -> None:
    bound = {"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}
    local = {"IP": "127.0.0.1", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"}
    exposed = {"PrivatePort": 443, "Type": "tcp"}
    ports = [{"IP": "0.0.0.0", **bound}, {"IP": "::", **bound}, local, exposed]
    one = listed(item(1, Ports=ports))
    assert one.demand.ports == (HostPort(8080, "tcp", ""), HostPort(53, "udp", "127.0.0.1"))
    assert one.published == (
        Published(80, 8080, "tcp"),
        Published(80, 8080, "tcp"),
        Published(53, 53, "udp", "127.0.0.1"),
        Published(443, None, "tcp"),
    )
    shown = orjson.loads(one.entry + b"}")["Ports"]
    assert [port.get("IP") for port in shown] == ["10.0.0.1", "127.0.0.1", None]


def test_mounts() -> None:
    mounts = [
        {"Type": "volume", "Name": "data", "Source": "/var/lib/v", "Destination": "/d"},
        {"Type": "bind", "Source": "/srv", "Destination": "/s"},
    ]
    assert listed(item(1, Mounts=mounts)).mounts == (
        Mount("data", "/var/lib/v", "/d"),
        Mount("", "/srv", "/s"),
    )


def test_what_old_engines_leave_out() -> None:
    one = listed({"Id": full_id(1), "Status": "Up 2 seconds (Paused)", "Labels": None})
    assert (one.state, one.names, one.mounts, one.networks) == ("paused", (), (), ())


def test_equal_values_are_kept_once() -> None:
    shared = Shared()
    one = listed(item(1, Labels={"a": "b"}), shared=shared)
    two = listed(item(2, Labels={"a": "b"}), shared=shared)
    assert one.labels is two.labels and one.networks is two.networks and one.demand is two.demand
    assert listed(item(1)).labels is listed(item(2)).labels


def test_labels_that_read_like_networks_are_not_taken_for_them() -> None:
    shared = Shared()
    assert shared.labels({"bridge": "1"}) == {"bridge": "1"}
    assert shared.value((("bridge", "1"),)) == (("bridge", "1"),)


def test_what_is_kept_for_sharing_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shared, "LIMIT", 10)
    shared = Shared()
    for number in range(100):
        assert shared.value((number,)) == (number,)
    assert len(shared._values) <= 10


BROKEN = [
    {},
    {"Id": None},
    {"Id": ["x"]},
    {"Id": "../../etc"},
    {"Id": "a" * 65},
    {**item(1), "Names": [None]},
    {**item(1), "State": "levitating"},
    {**item(1), "State": {"Status": "running"}},
    {**item(1), "Created": "yesterday"},
    {**item(1), "Ports": [{"PublicPort": 1}]},
    {**item(1), "Ports": 7},
    {**item(1), "Labels": ["a"]},
    {**item(1), "NetworkSettings": {"Networks": ["bridge"]}},
    {**item(1), "Mounts": [None]},
    {**item(1), "Image": 5},
]


@pytest.mark.parametrize("entry", BROKEN)
def test_what_is_no_list_item_is_one_kind_of_error(entry: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        listed(entry)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(item(1))), JSON)
def test_a_hostile_engine_cannot_raise_anything_else(field: str, value: Any) -> None:
    try:
        one = listed({**item(1), field: value})
    except MalformedError:
        return
    assert one.id.isalnum()


# Inspects


def test_an_inspect_is_exact() -> None:
    one = detailed(
        Config__Tty=True,
        HostConfig__Memory=7,
        State__Health={"Status": "healthy"},
        Created="2023-11-14T22:13:20.123456789Z",
    )
    assert one.created == pytest.approx(NOW + 0.123456)
    assert (one.started_at, one.finished_at) == (NOW - 300, 0)
    assert (one.names, one.image, one.image_id) == (("c1",), "busybox", "sha256:" + "b" * 64)
    assert one.tty and one.detailed and one.health == "healthy"
    assert one.demand == Demand(memory=7)


def test_an_inspect_tells_the_ports_that_are_asked_for_and_those_that_are_bound() -> None:
    one = detailed(
        HostConfig__PortBindings={
            "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
            "81/tcp": [{"HostPort": ""}, {"HostPort": "0"}, {"HostPort": "9000-9010"}],
            "82/udp": None,
        },
        NetworkSettings__Ports={
            "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}],
            "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}],
            "443/tcp": None,
        },
    )
    assert one.demand.ports == (
        HostPort(8080, "tcp", ""),
        HostPort(32768, "tcp", "127.0.0.1"),
    )
    assert one.published == (
        Published(80, 8080, "tcp"),
        Published(81, 32768, "tcp", "127.0.0.1"),
        Published(443, None, "tcp"),
    )


def test_with_the_network_of_the_host_what_is_exposed_is_held() -> None:
    one = detailed(
        HostConfig__NetworkMode="host", Config__ExposedPorts={"80/tcp": {}, "53/udp": {}}
    )
    assert one.demand.ports == (HostPort(80, "tcp"), HostPort(53, "udp"))


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"Running": True, "Paused": True}, "paused"),
        ({"Running": True, "Restarting": True}, "restarting"),
        ({"Running": True}, "running"),
        ({"Running": False, "StartedAt": "2023-11-14T22:08:20Z"}, "exited"),
        ({"Running": False, "StartedAt": "0001-01-01T00:00:00Z"}, "created"),
    ],
)
def test_states_of_engines_without_a_word_for_them(state: dict[str, Any], word: str) -> None:
    assert detailed(State=state).state == word


@pytest.mark.parametrize(
    "changes", [{"State": None}, {"HostConfig": 1}, {"Created": "never"}, {"Name": None}]
)
def test_what_is_no_inspect(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        detailed(**changes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T22:13:20.5Z", NOW + 0.5),
        ("2023-11-14T23:13:20.123456789+01:00", NOW + 0.123456),
    ],
)
def test_timestamps(text: str | None, seconds: float) -> None:
    assert timestamp(text) == pytest.approx(seconds, abs=1e-5)


# Images, networks, volumes


def test_images() -> None:
    entry = {
        "Id": "sha256:1",
        "ParentId": "sha256:0",
        "RepoTags": ["a:1", "<none>:<none>"],
        "RepoDigests": ["<none>@<none>", "a@sha256:2"],
        "Created": 5,
        "Labels": None,
    }
    shared = Shared()
    one = decode.image(entry, shared)
    assert (one.tags, one.digests, one.parent, one.created) == (
        ("a:1",),
        ("a@sha256:2",),
        "sha256:0",
        5,
    )
    assert orjson.loads(one.entry) == entry
    assert decode.image(dict(entry), shared) is one
    assert decode.image({"Id": "sha256:3", "RepoTags": None}, shared).tags == ()


def test_networks_and_volumes() -> None:
    shared = Shared()
    net = decode.network({"Id": "n1", "Name": "net", "Driver": "bridge", "Scope": "local"}, shared)
    assert (net.id, net.name, net.driver, net.scope) == ("n1", "net", "bridge", "local")
    vol = decode.volume({"Name": "v", "Labels": {"a": "b"}}, shared)
    assert (vol.name, vol.driver, vol.scope, vol.labels) == ("v", "local", "local", {"a": "b"})


@pytest.mark.parametrize("read", [decode.image, decode.network, decode.volume])
@pytest.mark.parametrize("entry", [{}, [], None, {"Id": 1, "Name": 2}])
def test_what_is_none_of_them(read: Any, entry: Any) -> None:
    with pytest.raises(MalformedError):
        read(entry, Shared())
