"""What one request may cost: every field of every body at its bound, and the rest of a request."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from swarmd.authz import strict_json as shapes
from swarmd.core.request.bounds import BODY, ENTRIES, FILTER_VALUES, MOST, TRIED_VALUES
from swarmd.core.request.json_keys import ANY, Shape
from tests.api.rig import Client
from tests.authz.rig import ALICE, ERIN, ROOT
from tests.hostile.metered import Metered, held

Field = tuple[str, ...]


@pytest.fixture(scope="module", autouse=True)
def rare_collection() -> Iterator[None]:
    """As in the service: a search among a test's own objects is no matter of the request."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def rig() -> Metered:
    return Metered()


def _fields(shape: Shape, place: Field = ()) -> Iterator[Field]:
    """Every field, each of which may be sent as a list or a map, whatever it should be."""
    for name, inner in shape.items():
        here = (*place, "web" if name == ANY else name)
        if here and name != ANY:
            yield here
        yield from _fields(inner, here)


_ROUTES: dict[str, tuple[Shape, dict[str, Any]]] = {
    "/v1.44/containers/create": (shapes.CREATE, {"Image": "busybox"}),
    "/v1.44/containers/mine/update": (shapes.UPDATE, {}),
    "/v1.44/containers/mine/exec": (shapes.EXEC, {}),
    "/v1.44/networks/create": (shapes.NETWORK, {"Name": "new"}),
    "/v1.44/networks/mine-net/connect": (shapes.CONNECT, {"Container": "mine"}),
    "/v1.44/networks/mine-net/disconnect": (shapes.CONNECT, {"Container": "mine"}),
    "/v1.44/volumes/create": (shapes.VOLUME, {"Name": "new"}),
    "/v1.44/commit?container=mine": (shapes.COMMIT, {}),
}
_ALL = [(path, field) for path, (shape, _) in _ROUTES.items() for field in _fields(shape)]


def _body(path: str, field: Field, value: Any) -> bytes:
    body: Any = value
    for name in reversed(field[1:]):
        body = {name: body}
    return orjson.dumps({**_ROUTES[path][1], field[0]: body})


@pytest.mark.parametrize(("path", "field"), _ALL, ids=lambda one: "".join(one)[-40:])
def test_no_field_at_its_bound_holds_the_reactor(rig: Metered, path: str, field: Field) -> None:
    most = MOST.get(field[-1], ENTRIES)
    values = ([f"x{n}" for n in range(most)], {f"{n}/tcp": "x" for n in range(1, most + 1)})
    for who in (ROOT, ERIN):
        for value in values:
            words = held(rig, who, "POST", path, _body(path, field, value))
            assert "are taken" not in words
    for value in ([""] * (most + 1), {str(n): "" for n in range(most + 1)}):
        words = held(rig, ALICE, "POST", path, _body(path, field, value))
        assert words == f"{'.'.join(field)} has {most + 1} entries, and at most {most} are taken"


def _create(**host: Any) -> bytes:
    return orjson.dumps({"Image": "busybox", "HostConfig": {"Memory": 1 << 20, **host}})


def _networks(count: int) -> bytes:
    return orjson.dumps(
        {
            "Image": "busybox",
            "NetworkingConfig": {"EndpointsConfig": {f"n{n}": {} for n in range(count)}},
        }
    )


def _ports(count: int, **binding: str) -> dict[str, Any]:
    return {f"{n}/tcp": [{"HostPort": str(n), **binding}] for n in range(1, count + 1)}


_FULL = {
    "binds": _create(Binds=[f"/srv/ml/{n}:/x{n}" for n in range(ENTRIES)]),
    "volumes": _create(Binds=[f"v{n}:/x{n}" for n in range(ENTRIES)]),
    "mounts": _create(
        Mounts=[{"Type": "volume", "Source": f"v{n}", "Target": f"/x{n}"} for n in range(ENTRIES)]
    ),
    "ports": _create(PortBindings=_ports(MOST["PortBindings"], HostIp="0.0.0.0")),
    "ports of addresses": _create(
        PortBindings={f"{n}/tcp": [{"HostPort": "80", "HostIp": f"10.0.{n >> 8}.{n & 255}"}]
                      for n in range(1, MOST["PortBindings"])}),
    "ranges": _create(PortBindings={
        **{f"{n}/tcp": [{"HostPort": "1-65535", "HostIp": f"10.0.0.{n}"}] for n in range(1, 65)},
        **{f"{n}/tcp": [{"HostPort": str(n)}] for n in range(65, 10_240)}}),
    "host": orjson.dumps({"Image": "busybox", "HostConfig": {"NetworkMode": "host"},
                          "ExposedPorts": {f"{n}/tcp": {} for n in range(1, 10_240)}}),
    "networks": _networks(MOST["EndpointsConfig"]),
    "links": _create(Links=[f"mine:a{n}" for n in range(ENTRIES)]),
    "volumes from": _create(VolumesFrom=["mine"] * ENTRIES),
    "devices": _create(DeviceRequests=[
        {"Capabilities": [["gpu"]], "DeviceIDs": [str(i) for i in range(64)]}] * 64),
    "a range without end": _create(PortBindings={"1": [{"HostPort": "1-999999999999"}]}),
    "labels": orjson.dumps({"Image": "busybox", "Labels": {f"l{n}": "" for n in range(4096)}}),
    "words": orjson.dumps({"Image": "busybox", "Cmd": ["x"] * 65_536, "Env": ["A=b"] * 65_000}),
}  # fmt: skip
_REFUSED = {
    "HostConfig.Binds": _create(Binds=[f"/srv/ml/{n}:/x{n}" for n in range(150_000)]),
    "HostConfig.PortBindings": _create(PortBindings=_ports(60_000)),
    "HostConfig.Mounts": _create(Mounts=[{"Type": "bind", "Source": "/x"}] * 60_000),
    "NetworkingConfig.EndpointsConfig": _networks(100_000),
    "Env": orjson.dumps({"Image": "x", "Env": [f"affinity:a!=x{n}*" for n in range(3000)]}),
    "Cmd": orjson.dumps({"Image": "x", "Cmd": ["x"] * 900_000}),
    "ranges of host ports": _create(PortBindings={"1": [{"HostPort": "1-2"}] * 65}),
}


@pytest.mark.parametrize("raw", _FULL.values(), ids=_FULL)
def test_creates_that_mean_something_at_their_bounds(rig: Metered, raw: bytes) -> None:
    for who in (ROOT, ALICE, ERIN):
        assert "are taken" not in held(rig, who, "POST", "/v1.44/containers/create", raw)


@pytest.mark.parametrize(("words", "raw"), _REFUSED.items(), ids=_REFUSED)
def test_creates_beyond_them_are_refused_at_once(rig: Metered, words: str, raw: bytes) -> None:
    for who in (ROOT, ERIN):
        assert words in held(rig, who, "POST", "/v1.44/containers/create", raw)


def test_two_thousand_networks_ask_no_engine(rig: Metered) -> None:
    """On an engine before API 1.44 each was a call, and each took longer than the one before."""
    asked = len(rig.asked)
    for count in (129, 2000):
        words = held(rig, ROOT, "POST", "/v1.41/containers/create", _networks(count))
        assert f"EndpointsConfig has {count} entries" in words
    assert len(rig.asked) == asked


def test_a_body_beyond_the_limit_is_refused_by_its_head(rig: Metered) -> None:
    body = orjson.dumps({"Cmd": ["x"] * 3_000_000})
    words = held(rig, ROOT, "POST", "/v1.44/containers/mine/exec", body)
    assert words == f"request body is larger than {BODY} bytes"


def _filter(path: str, key: str, values: list[str]) -> str:
    return f"{path}?all=1&filters={quote(orjson.dumps({key: values}).decode())}"


_LOOKED_UP = ("id", "label", "node", "exited", "volume")
_TRIED = ("name", "network", "publish", "expose", "ancestor", "before", "since")
_LISTS = [
    *(("/containers/json", key) for key in (*_LOOKED_UP, *_TRIED)),
    *(("/images/json", key) for key in ("reference", "before", "label")),
    *(("/networks", key) for key in ("name", "id", "driver", "label")),
    *(("/volumes", key) for key in ("name", "driver", "label")),
    *(("/events", key) for key in ("container", "label", "event", "image")),
]


@pytest.mark.parametrize(("path", "key"), _LISTS)
def test_filters_at_their_bound(rig: Metered, path: str, key: str) -> None:
    few = path != "/events" and (key in (*_TRIED, "reference", "driver"))
    most = TRIED_VALUES if few or (path, key) == ("/networks", "id") else FILTER_VALUES
    if path == "/events":
        return
    for who in (ROOT, ALICE):
        for make in (str, "x{}[a-z]+".format, "^x{}$".format):
            words = held(rig, who, "GET", _filter(path, key, [make(n) for n in range(most)]))
            assert "are taken" not in words
    words = held(rig, ROOT, "GET", _filter(path, key, [str(n) for n in range(most + 1)]))
    assert words == f"filter {key} has {most + 1} values, and at most {most} are taken"


@pytest.mark.parametrize("bomb", ["(.{0,30}x){20}y", "(?:(?:x?a?){20}){40}b", "(?:.?){900}y"])
def test_patterns_that_are_small_and_compile_large_are_none(rig: Metered, bomb: str) -> None:
    env = {"Image": "busybox", "Env": [f"affinity:container!=/{bomb}/"]}
    words = held(rig, ROOT, "POST", "/containers/create", orjson.dumps(env))
    assert "too large" in words


def test_a_query_has_so_many_parameters(rig: Metered) -> None:
    for path in ("/containers/json", "/images/get", "/containers/mine/top"):
        words = held(rig, ALICE, "GET", f"{path}?{'&'.join(['names=x'] * 1025)}")
        assert words in ("the query has 1025 parameters, and at most 1024 are taken", "")


@pytest.mark.parametrize("steps", range(5))
def test_a_client_that_leaves_ends_the_work_on_its_body(rig: Metered, steps: int) -> None:
    """Until an engine is asked, which is the last step."""
    client = Client(rig.site)
    client.channel.identity = ERIN
    raw = _FULL["mounts"]
    path = f"/v1.44/containers/create?name=leaver-{steps}"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

    def asked() -> int:
        """Of this create alone: what others have left is still under way."""
        return sum(f"name=leaver-{steps}" in line for line in rig.asked)

    client.channel.dataReceived(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
    for _ in range(steps):
        if rig.clock.calls and not asked():
            call = rig.clock.calls.pop(0)
            call.called = 1
            call.func(*call.args, **call.kw)
    made = asked()
    client.channel.connectionLost(Failure(ConnectionDone()))
    rig.clock.advance(1.0)
    assert asked() == made
    assert not client.received or made
