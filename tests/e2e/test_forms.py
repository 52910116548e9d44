"""Absent, wrong, null and empty inputs: the fleet's status is an engine's, for each parameter.

Words differ from release to release, so it is the class of the answer that is held against an
engine's: what older engines call an error of their own (500) newer ones call the client's (400).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from tests.lab import definition
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.skipif(bool(definition.available()), reason=definition.available()),
]

VERSION = "1.51"
VALUES = ("", "null", "x", "-1", "0", "1", "9" * 20, "{}", "[]", "true", "/")
TIMES = ("x", "-1", "1.5", "1,5", "20", "1600000000.123456789")
LABELS = ("null", "[]", "{}", '["a"]', '{"a":true}', '{"a":false}', '"a"', "[5]", '{"a":5}')
FILTERS = (
    *("", "null", "{", "[]", "5", '"x"', "{}", '{"label":["a"]} x', '{"nope":["a"]}'),
    *(f'{{"label":{value}}}' for value in LABELS),
    *('{"nope":null}', '{"":["a"]}', '{"name":["("]}', '{"id":["("]}', '{"dangling":["x"]}'),
    *('{"status":["x"]}', '{"exited":["x"]}', '{"health":["x"]}', '{"before":["nope"]}'),
    *('{"before":[""]}', '{"since":[""]}', '{"before":[]}'),
    *('{"since":["nope"]}', '{"network":["nope"]}', '{"volume":["nope"]}', '{"publish":["x"]}'),
    *('{"is-task":["x"]}', '{"scope":["x"]}', '{"driver":["x"]}', '{"type":["x"]}'),
)
READS = (
    *("/containers/json", "/containers/{id}/json", "/containers/{id}/top", "/images/json"),
    *("/images/{name}/json", "/images/{name}/history", "/networks", "/networks/{id}"),
    *("/volumes", "/volumes/{name}", "/events"),
)
THINGS = {"containers": "web", "images": "busybox", "networks": "net", "volumes": "vol"}
# What the fleet answers otherwise, on purpose: docs/migrating.rst.
ON_PURPOSE = {
    "/images/busybox/tag?repo=": "the newest takes a name that is none, and gives none",
    '/images/json?filters={"reference":["["]}': "a pattern that is none is refused",
}
HOSTS: dict[str, tuple[Any, ...]] = {
    "Binds": (None, 5, ["x:y"], [":"], [5], ["/a:/b", "/c:/b"], [""]),
    "Links": (None, 5, ["nope"], ["web"], ["web:x"], [":x"], [""], ["nope:x"]),
    "VolumesFrom": (None, 5, ["nope"], ["web"], ["nope:ro"], [""]),
    "NetworkMode": (None, 5, "net", "none", "container:nope", "container:web", "default", ""),
    "IpcMode": (None, 5, "x", "container:nope", "container:web", "private"),
    "PidMode": (None, 5, "x", "container:nope", "container:web"),
    "PortBindings": (
        *(None, 5, {"80/tcp": None}, {"80/tcp": []}, {"80/tcp": [{}]}, {"80/tcp": [None]}),
        *({"80/tcp": [{"HostPort": text}]} for text in ("x", "99999", "90-80", "80-90-100", "0")),
        {"80/tcp": [{"HostPort": 5}]},
    ),
    "Memory": (None, "x", -1, 1.5, 10**19, 10**30),
    "NanoCpus": (None, "x", -1, 10**19),
    "RestartPolicy": (None, 5, {"Name": "x"}, {"Name": "always", "MaximumRetryCount": 5}),
    "LogConfig": (None, 5, {"Type": "none"}),
    "Mounts": (None, 5, [5], [{}], [{"Type": "x"}], [{"Type": "volume", "Target": "/x"}]),
}
CONFIGS: dict[str, tuple[Any, ...]] = {
    "Image": (None, "", 5, "nope", "NOPE", "a b", "busybox:", "busybox@x", ":x"),
    "Env": (None, 5, "x", [5], [], ["A"], ["=x"]),
    "Labels": (None, 5, [], {"a": 5}, {"a": None}, ["a=b"]),
    "Cmd": (None, 5, [5], []),
    "ExposedPorts": (None, 5, {"80": {}}, {"80/tcp": None}),
    "Volumes": (None, 5, {"/a": {}}),
    "NetworkingConfig": (
        *(None, 5, {}, {"EndpointsConfig": None}, {"EndpointsConfig": 5}),
        *({"EndpointsConfig": {"net": value}} for value in (None, {}, 5)),
        {"EndpointsConfig": {"nope": {}}},
    ),
    "HostConfig": (None, 5, "x", [], {}),
}
OTHERS: tuple[tuple[str, Any], ...] = (
    *(("/networks/create", value) for value in (None, {}, {"Name": None}, {"Name": 5})),
    *(("/networks/create", {"Name": name}) for name in ("", "net", "bridge", "host")),
    *(("/networks/create", {"Name": "n", key: 5}) for key in ("Driver", "IPAM", "Labels")),
    ("/networks/create", {"Name": "n", "Driver": "overlay"}),
    *(("/volumes/create", value) for value in ({"Name": 5}, {"Name": "a b"}, {"Labels": 5})),
    *(("/networks/net/connect", {"Container": value}) for value in (5, "nope")),
    *(("/networks/nope/connect", {"Container": value}) for value in ("web",)),
    ("/networks/net/disconnect", {"Container": "nope"}),
    *(("/containers/web/exec", value) for value in ({}, {"Cmd": []}, {"Cmd": 5}, {"Cmd": [5]})),
    ("/containers/nope/exec", {"Cmd": ["true"]}),
    *(("/containers/web/update", {"Memory": value}) for value in (-1, "x", 1)),
    ("/containers/nope/update", {}),
    ("/containers/web/rename?name=", None),
    ("/containers/web/rename?name=web", None),
    ("/containers/web/kill?signal=x", None),
    ("/images/busybox/tag?repo=", None),
    ("/images/busybox/tag?repo=NO", None),
    ("/images/nope/tag?repo=a", None),
    ("/commit?container=nope", {}),
)
PATHS = (
    *("/v1.51.0/info", "/v1.99/info", "/v1/info", "/nope", "/v1.51/nope", "/containers"),
    *("/containers/web/nope", "/exec/nope/json", "/events?since=20&until=10", "/info/x"),
)


@pytest.fixture(scope="module")
def sides(
    mixed_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, Api]]:
    """The newest engine as it is, and a swarmd in front of it."""
    engine = mixed_fleet.engines[-1]
    swarmd = Swarmd(tmp_path_factory.mktemp("forms"), [engine])
    try:
        swarmd.start(1)
        prepare(engine.local)
        yield engine.local, swarmd.api
    finally:
        mixed_fleet.remove_all()
        swarmd.close()


def prepare(api: Api) -> None:
    assert api.call("POST", "/networks/create", {"Name": "net"}).status == 201
    assert api.call("POST", "/volumes/create", {"Name": "vol"}).status == 201
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": "net"}}
    assert api.call("POST", "/containers/create?name=web", body).status == 201
    assert api.call("POST", "/containers/web/start").status == 204


def outcome(api: Api, method: str, path: str, body: Any = None) -> str:
    """ "fine", or the class of the error; what was made is taken away."""
    answer = api.call(method, path, body)
    if answer.status == 201 and path.startswith("/containers/create"):
        assert api.call("DELETE", f"/containers/{answer.json['Id']}?v=1").status == 204
    if answer.status < 400:
        return "fine"
    return "refused" if answer.status in (400, 500) else str(answer.status)


def differences(sides: tuple[Api, Api], calls: Iterator[tuple[str, str, Any]]) -> list[Any]:
    found = []
    for method, path, body in calls:
        bare, ours = (outcome(api, method, path, body) for api in sides)
        if "nope" in path and "fine" not in (bare, ours):
            continue  # what is missing is told before what is wrong, or the other way round
        if bare != ours and path not in ON_PURPOSE:
            found.append((method, path, body, bare, ours))
    return found


def reads(route: str) -> Iterator[tuple[str, str, Any]]:
    for ref in (THINGS[route.split("/")[1]], "nope") if "{" in route else ("",):
        path = re.sub(r"\{[a-z]+\}", ref, route)
        if route != "/events":  # which goes on for ever
            yield "GET", path, None
        for name in definition.query_of(VERSION, "GET", route):
            values = FILTERS if name == "filters" else VALUES
            values += TIMES if name in ("since", "until") else ()
            for value in values:
                end = "&until=1600000000" if route == "/events" and name != "until" else ""
                if end or route != "/events" or value not in ("", "-1"):
                    yield "GET", f"{path}?{name}={quote(value)}{end}", None


@pytest.mark.parametrize("route", READS)
def test_parameters_of_reads(sides: tuple[Api, Api], route: str) -> None:
    assert differences(sides, reads(route)) == []


def creates() -> Iterator[tuple[str, str, Any]]:
    image = {"Image": "busybox"}
    for key, values in CONFIGS.items():
        yield from (("POST", "/containers/create", {**image, key: one}) for one in values)
    for key, values in HOSTS.items():
        bodies = ({**image, "HostConfig": {key: one}} for one in values)
        yield from (("POST", "/containers/create", body) for body in bodies)
    for text in (b"", b"null", b"{}", b"[]", b"5", b'"x"', b"{", b"{} x"):
        yield "POST", "/containers/create", text


def test_bodies_of_creates(sides: tuple[Api, Api]) -> None:
    assert differences(sides, creates()) == []


# An engine looks for such drivers among its plugins, for 15 s.
SOUGHT: tuple[tuple[str, Any], ...] = (
    ("/containers/create", {"Image": "busybox", "HostConfig": {"LogConfig": {"Type": "nope"}}}),
    ("/networks/create", {"Name": "n", "Driver": "nope"}),
    ("/volumes/create", {"Name": "v", "Driver": "nope"}),
)


def test_drivers_that_nobody_has(sides: tuple[Api, Api], mixed_fleet: Fleet) -> None:
    """All at once, and held against another engine, since one looks for one network's at a time."""
    hosts = (mixed_fleet["node-2"].local, sides[1])
    asked = [(host, "POST", path, body) for host in hosts for path, body in SOUGHT]
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(lambda one: outcome(*one), asked))
    assert found[:3] == found[3:], found


def test_other_bodies_and_paths(sides: tuple[Api, Api]) -> None:
    posts = (("POST", path, body) for path, body in OTHERS)
    assert differences(sides, posts) == []
    gets = ((method, path, None) for path in PATHS for method in ("GET", "OPTIONS"))
    assert differences(sides, gets) == []
