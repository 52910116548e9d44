"""Compose files of the kind that people run, changed again and again: all as on one engine.

Each step is done on an engine alone and on the fleet, and both must show the same.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Host
from tests.e2e.test_compose import _command
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Api

pytestmark = pytest.mark.fleet
PROJECTS = Path(__file__).parent / "projects"

Step = tuple[str, tuple[str, ...]]  # the revision, and what Compose is told


def steps(scaled: str, ported: str, removed: str) -> list[Step]:
    """A service that can be scaled, one whose port is fixed, and one that nothing depends on."""
    return [
        ("1", ("up", "-d")),
        ("2", ("up", "-d", "--scale", f"{scaled}=2")),
        ("2", ("up", "-d", "--scale", f"{ported}=2")),
        ("3", ("up", "-d", "--force-recreate")),
        ("3", ("restart", "-t", "0", scaled, ported)),
        ("3", ("rm", "-sf", removed)),
        ("3", ("up", "-d")),
        ("3", ("down", "-v")),
    ]


SWAP = [("1", ("up", "-d")), ("2", ("up", "-d")), ("2", ("down",))]
OLDER = [step for step in steps("clamd", "web", "acme") if step[1][0] in ("up", "down")]
TIED = [
    ("1", ("up", "-d")),
    ("1", ("up", "-d", "--scale", "db=2", "--scale", "cache=2", "--scale", "shm=2")),
    ("1", ("run", "--rm", "web", "true")),
    ("1", ("up", "-d", "--scale", "db=2", "--scale", "web=3", "--scale", "stats=2")),
    ("2", ("up", "-d", "--scale", "db=2", "--scale", "web=2")),
    ("2", ("up", "-d", "--force-recreate")),
    ("2", ("restart", "-t", "0", "db", "torrent")),
    ("2", ("rm", "-sf", "probe")),
    ("2", ("up", "-d")),
    ("2", ("down", "-v")),
]
OLDEST = [
    ("1", ("up", "-d")),
    ("1", ("run", "--rm", "app", "true")),
    ("1", ("up", "-d", "--scale", "worker=3", "--scale", "redis=2")),
    ("2", ("up", "-d", "--scale", "worker=2")),
    ("2", ("run", "--rm", "worker", "true")),
    ("2", ("restart", "-t", "1", "db", "agent")),
    ("2", ("rm", "-sf", "metrics", "proxy")),
    ("1", ("up", "-d")),
    ("1", ("down", "-v")),
]
HEALTHY = [
    ("1", ("up", "-d")),
    ("2", ("up", "-d")),
    ("2", ("up", "-d", "--force-recreate", "--no-deps", "app")),
    ("3", ("up", "-d")),  # the proxy stays ill
    ("2", ("up", "-d", "--remove-orphans")),
    ("2", ("stop", "db")),
    ("2", ("up", "-d")),
    ("2", ("down", "-v")),
]
WAITING = [(rev, (*args, "--wait") if args[0] == "up" else args) for rev, args in HEALTHY]
# Each kind of step and of tie is part of every run; make soak walks the rest of the matrix.
FILES = [
    ("shop", "newest", steps("worker", "edge", "users")),
    ("swap", "newest", SWAP),
    ("tied", "1.29", TIED),
    ("older", "1.29", OLDEST),
    ("healthy", "newest", WAITING),
    ("mail", "1.29", SWAP),
]
MORE = [
    ("tied", "newest", TIED),
    ("healthy", "1.29", HEALTHY),
    ("monitoring", "newest", steps("blackbox", "caddy", "promtail")),
    ("media", "newest", steps("solver", "requests", "music")),
    ("mail", "1.29", OLDER),
]
ALL = [
    *(pytest.param(*one, id="-".join(one[:2])) for one in FILES),
    *(pytest.param(*one, id="-".join((*one[:2], "all")), marks=pytest.mark.soak) for one in MORE),
]


def own_name(one: dict[str, Any]) -> str:
    """Not what a link calls it, which an engine may list before."""
    return next(name[1:] for name in one["Names"] if name.count("/") == 1)


def seen(url: str) -> dict[str, Any]:
    """Containers with state and ports, and what else there is."""
    api = Api(url)
    containers = {
        own_name(one): (
            one["State"] if one["Command"] != "true" else "soon over",
            sorted({(p["PublicPort"], p["Type"]) for p in one["Ports"] if "PublicPort" in p}),
            sorted(one["NetworkSettings"]["Networks"]),
            sorted(mount["Destination"] for mount in one["Mounts"]),
            one["Labels"].get("com.docker.compose.container-number"),
        )
        for one in api.get("/containers/json?all=1")
    }
    networks = sorted(one["Name"] for one in api.get("/networks"))
    volumes = [one["Name"] for one in api.get("/volumes")["Volumes"] or ()]
    named = sorted(name for name in volumes if len(name) < 64)
    return {"containers": containers, "networks": networks, "volumes": (named, len(volumes))}


def walk(command: list[str], url: str, file: Path, steps: list[Step]) -> list[Any]:
    """What there is after each step, with its exit status."""
    found = []
    for revision, args in steps:
        env = {"PATH": os.environ["PATH"], "HOME": str(file.parent), "DOCKER_HOST": url}
        done = subprocess.run(
            [*command, "-p", "proj", "-f", str(file), *args],
            env={**env, "REVISION": revision, "OTHER": str(3 - int(revision))},
            text=True,
            timeout=180,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        taken = "port is already allocated" in done.stdout
        found.append(((revision, *args), done.returncode, taken, seen(url), done.stdout))
    return found


def of_services(found: dict[str, Any]) -> dict[str, Any]:
    """Without the numbers: of two that were made in one second, Compose removes either."""
    each = ((name.rpartition("-")[0], *rest[:-1]) for name, rest in found["containers"].items())
    return {**found, "containers": sorted(each)}


@pytest.fixture
def alone(tls_fleet: Fleet) -> Iterator[Engine]:
    """One of a fleet that stands beside, by its socket, so that its ports are its own."""
    yield tls_fleet.engines[0]
    tls_fleet.remove_all()


@pytest.mark.parametrize(("name", "kind", "steps"), ALL)
def test_as_on_one_engine(
    name: str, kind: str, steps: list[Step], host: Host, alone: Engine, tmp_path: Path
) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text((PROJECTS / file.name).read_text())
    command = _command(kind, host, tmp_path)
    with ThreadPoolExecutor(2) as pool:  # they mostly wait
        both = [pool.submit(walk, command, url, file, steps) for url in (alone.local.url, host.url)]
    comparable = of_services if (name, kind) == ("tied", "newest") else dict
    for one, other in zip(*(each.result() for each in both), strict=True):
        printed = f"{one[0]}\n{one[-1]}\n{other[-1]}"
        assert one[:3] == other[:3], printed
        assert comparable(one[3]) == comparable(other[3]), printed
