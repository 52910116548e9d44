"""What the fleet lists is what its engines list, field by field, but for the documented rewrites.

Every answer is held against the engines' own to the same question at the same moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from swarmd.core.predefined import IDS
from tests.e2e.conftest import Host
from tests.lab.cli import Docker
from tests.lab.http import Api
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

EVERY_ADDRESS = ("0.0.0.0", "::")
SLEEP = ("busybox", "sleep", "600")


@pytest.fixture
def population(docker: Docker, host: Host) -> Iterator[None]:
    """Containers in all states that last, on all nodes."""
    docker("tag", "busybox", "moved:1")
    docker(
        "run",
        "-d",
        "--name",
        "web",
        "-l",
        "tier=front",
        "-p",
        "8082:80/tcp",
        "-p",
        "53/udp",
        *SLEEP,
    )
    docker("run", "-d", "--name", "front", "--link", "web:behind", *SLEEP)
    docker(
        "run", "-d", "--name", "db", "-l", "tier=back", "-v", "store:/data", "--expose", "9", *SLEEP
    )
    docker("run", "-d", "--name", "moved", "moved:1", "sleep", "600")
    docker(
        "run", "-d", "--name", "healthy", "--health-cmd", "true", "--health-interval", "1s", *SLEEP
    )
    sick = ("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    docker("run", "-d", "--name", "sick", *sick, *SLEEP)
    slow = ("--health-cmd", "true", "--health-interval", "600s")
    docker("run", "-d", "--name", "starting", *slow, *SLEEP)
    docker("run", "-d", "--name", "still", *SLEEP)
    docker("pause", "still")
    docker("run", "-d", "--name", "again", "--restart", "always", "busybox", "false")
    docker("create", "--name", "new", "busybox", "sh", "-c", "echo 'a b'; sleep 1")
    docker("run", "--name", "good", "--network", "none", "busybox", "true")
    docker("run", "--name", "bad", "--network", "host", "busybox", "sh", "-c", "exit 3", status=3)
    docker("rmi", "moved:1")
    docker("kill", "front")
    eventually(lambda: docker.names("-f", "health=healthy") == ["healthy"])
    eventually(lambda: docker.names("-f", "health=unhealthy") == ["sick"])
    # Engines wait twice as long at each restart: from now on it stays down for a while.
    eventually(lambda: int(docker("inspect", "-f", "{{.RestartCount}}", "again").text) > 4)
    yield
    docker("rm", "-f", "again")


def question(version: str, **arguments: Any) -> str:
    texts = {
        key: one if isinstance(one, str) else json.dumps(one) for key, one in arguments.items()
    }
    query = "&".join(f"{key}={quote(text)}" for key, text in texts.items())
    return f"/{version}/containers/json?{query}"


def of_engines(host: Host, path: str) -> dict[str, dict[str, Any]]:
    """The union of the engines' own lists, as the fleet is to show it."""
    return {
        item["Id"]: rewritten(item, engine.name, engine.machine.ip)
        for engine in host.fleet
        for item in engine.local.get(path)
    }


def with_shown_ids(settings: dict[str, Any]) -> dict[str, Any]:
    """Each predefined network has one ID in the fleet."""
    networks = {
        name: {**endpoint, "NetworkID": (own := endpoint["NetworkID"]) and IDS.get(name, own)}
        for name, endpoint in settings["Networks"].items()
    }
    return {**settings, "Networks": networks}


def rewritten(item: dict[str, Any], node: str, address: str) -> dict[str, Any]:
    """Names with and without the node; the node's address, once, for ports on every address."""
    item = {**item, "NetworkSettings": with_shown_ids(item["NetworkSettings"])}
    names = [shown for name in item["Names"] for shown in (name, f"/{node}{name}")]
    ports = [
        {**port, **({"IP": address} if port.get("IP") in EVERY_ADDRESS else {})}
        for port in item["Ports"]
    ]
    return {**item, "Names": sorted(names), "Ports": sorted(map(json.dumps, set_of(ports)))}


def set_of(ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [port for at, port in enumerate(ports) if port not in ports[:at]]


def of_fleet(api: Api, path: str) -> dict[str, dict[str, Any]]:
    return {item["Id"]: shown(item) for item in api.get(path)}


def shown(item: dict[str, Any]) -> dict[str, Any]:
    ports = sorted(map(json.dumps, item["Ports"]))
    return {**item, "Names": sorted(item["Names"]), "Ports": ports}


def differences(host: Host, api: Api, path: str) -> dict[str, Any]:
    theirs, ours = of_engines(host, path), of_fleet(api, path)
    assert ours.keys() == theirs.keys()
    return {
        f"{theirs[key]['Names']} {field}": (ours[key].get(field), theirs[key].get(field))
        for key in ours
        for field in {**ours[key], **theirs[key]}
        if ours[key].get(field) != theirs[key].get(field)
    }


@pytest.mark.parametrize("version", ["v1.24", "v1.41"])
def test_every_field(host: Host, api: Api, population: None, version: str) -> None:
    """Tried again, since a status may grow older by a second between two answers."""
    path = question(version, all="1")
    found = (differences(host, api, path) for _ in range(10))
    assert min(found, key=len) == {}


FILTERS: list[dict[str, list[str]]] = [
    *({"status": [word]} for word in ("created", "restarting", "running", "paused", "exited")),
    *({"status": [word]} for word in ("dead", "removing")),
    {"status": ["created", "paused"]},
    *({"health": [word]} for word in ("starting", "healthy", "unhealthy", "none")),
    *({"exited": [code]} for code in ("0", "3", "137", "1")),
    *(
        {"name": [text]}
        for text in ("web", "^/web$", "^e", "e$", "b.d", "(web|db)", "/db", "[", "WEB")
    ),
    {"name": ["behind"]},
    {"name": ["front/behind"]},
    {"label": ["tier"]},
    {"label": ["tier=front"]},
    {"label": ["tier", "tier=back"]},
    {"label": ["tier=front", "tier=back"]},
    *(
        {"ancestor": [ref]}
        for ref in ("busybox", "busybox:latest", "moved:1", "nothing", "busybox:9")
    ),
    *({"network": [name]} for name in ("bridge", "none", "host", "nowhere")),
    *({"volume": [name]} for name in ("store", "/data", "/", "nothing")),
    *(
        {"publish": [port]}
        for port in ("80", "8082", "8082/tcp", "8082/udp", "8000-8100/tcp", "53/udp")
    ),
    *({"expose": [port]} for port in ("80", "80/tcp", "9", "1-100/tcp", "53/udp", "53")),
    {"publish": ["8082"], "expose": ["9"]},
    *({"is-task": [word]} for word in ("true", "false")),
    {"isolation": ["default"]},
    {"id": ["nothing"]},
    {"status": ["running"], "label": ["tier"], "name": ["d"]},
]


def test_every_filter(host: Host, api: Api, population: None) -> None:
    wrong = []
    for filters, everything in [(one, all_) for one in FILTERS for all_ in ("0", "1")]:
        path = question("v1.41", filters=filters, all=everything)
        for _ in range(10):  # what its engine starts again may start between two answers
            ours, theirs = of_fleet(api, path).keys(), of_engines(host, path).keys()
            if ours == theirs:
                break
        else:
            wrong.append((filters, everything, len(ours), len(theirs)))
    assert wrong == []


def test_id_prefixes(host: Host, api: Api, population: None) -> None:
    for key in of_engines(host, question("v1.41", all="1")):
        path = question("v1.41", all="1", filters={"id": [key[:12]]})
        assert list(of_fleet(api, path)) == [key]


@pytest.mark.parametrize(
    "filters",
    [
        {"nonsense": ["x"]},
        {"status": ["asleep"]},
        {"health": ["fine"]},
        {"is-task": ["maybe"]},
        {"publish": ["x"]},
    ],
)
def test_refused_filters(host: Host, api: Api, filters: dict[str, list[str]]) -> None:
    """In the words of newer engines, which are all 400; older ones have several."""
    path = question("v1.41", filters=filters)
    ours, theirs = api.call("GET", path), host.fleet["node-1"].local.call("GET", path)
    assert (ours.status, ours.message[:14]) == (400, "invalid filter")
    assert theirs.status >= 400


def test_inspect_passes_what_nobody_here_models(host: Host, api: Api, docker: Docker) -> None:
    docker("run", "-d", "--name", "web", "-p", "8082:80", *SLEEP)
    ours = api.get("/v1.41/containers/web/json?size=1")
    node = host.fleet[ours["Node"]["Name"]]
    theirs = node.local.get("/v1.41/containers/web/json?size=1")
    ports = theirs["NetworkSettings"]["Ports"]["80/tcp"]
    theirs["NetworkSettings"]["Ports"]["80/tcp"] = [{**ports[0], "HostIp": node.machine.ip}]
    theirs["NetworkSettings"] = with_shown_ids(theirs["NetworkSettings"])
    del ours["Node"]
    assert ours == theirs


def test_headers_of_an_answer(host: Host, api: Api, docker: Docker, name: str) -> None:
    """What an engine answers keeps the engine's own; the rest looks as if an engine said it."""
    docker("create", "--name", name, "busybox")
    for path in ("/_ping", "/info", "/containers/json", f"/containers/{name}/json", "/nothing"):
        ours = api.call("GET", path).headers
        theirs = host.fleet["node-1"].local.call("GET", path).headers
        assert ours["content-type"] == theirs["content-type"], path
        assert ours.get("ostype", "linux") == "linux", path
        assert "," not in ours.get("api-version", ""), path
        assert ours.get("server", "swarmd/").startswith(("swarmd/", "Docker/")), path
