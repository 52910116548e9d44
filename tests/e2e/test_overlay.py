"""Overlay networks, of engines in swarm mode: one network on several nodes.

node-1 is the manager and node-3, of a newer release, a worker; node-2 is in no swarm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

PORT = "0.0.0.0:2377"
SLEEP = ("busybox", "sleep", "600")


@pytest.fixture(scope="module")
def swarmd(mixed_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    """It serves already when the swarm comes into being."""
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), mixed_fleet)
    manager, _, worker = mixed_fleet
    try:
        swarmd.start(3)
        token = _found_swarm(manager)
        _join(worker, manager, token)
        eventually(lambda: len(_holders(mixed_fleet, "ingress")) == 2, what="a swarm of two")
        yield swarmd
    finally:
        for engine in (worker, manager):
            engine.local.call("POST", "/swarm/leave?force=1")
            engine.local.call("DELETE", "/networks/docker_gwbridge")
        swarmd.close()


def _found_swarm(manager: Engine) -> str:
    manager.local.post("/swarm/init", {"AdvertiseAddr": manager.machine.ip, "ListenAddr": PORT})
    return str(manager.local.get("/swarm")["JoinTokens"]["Worker"])


def _join(worker: Engine, manager: Engine, token: str) -> None:
    remote = [f"{manager.machine.ip}:2377"]
    own = {"AdvertiseAddr": worker.machine.ip, "ListenAddr": PORT}
    worker.local.post("/swarm/join", {**own, "RemoteAddrs": remote, "JoinToken": token})


def _holders(fleet: Fleet, name: str) -> list[str]:
    return [e.name for e in fleet if any(n["Name"] == name for n in e.local.get("/networks"))]


@pytest.fixture
def docker(swarmd: Swarmd, mixed_fleet: Fleet, tmp_path: Path) -> Iterator[Docker]:
    docker = Docker(command_lines()[0], swarmd.url, None, tmp_path)

    def created() -> bool:
        made = docker("network", "create", "-d", "overlay", "--attachable", "wide", status=None)
        return made.status == 0

    eventually(created, what="the manager is known as one")
    yield docker
    for engine in mixed_fleet:
        engine.remove_all()
    docker("network", "rm", "wide", status=None)
    eventually(lambda: _holders(mixed_fleet, "wide") == [], what="the network is gone")
    eventually(lambda: swarmd.api.get("/containers/json?all=1") == [], what="an empty fleet")


def on(rank: int) -> tuple[str, str]:
    return "-e", f"constraint:rank=={rank}"


def test_it_is_made_by_the_manager_and_listed_once(docker: Docker, mixed_fleet: Fleet) -> None:
    assert _holders(mixed_fleet, "wide") == ["node-1"]
    for rank in (1, 3):
        docker("run", "-d", *on(rank), "--network", "wide", *SLEEP)
    eventually(lambda: _holders(mixed_fleet, "wide") == ["node-1", "node-3"])
    listed = docker("network", "ls", "--filter", "name=wide", "--format", "{{.Name}} {{.Scope}}")
    assert listed.lines == ["wide swarm"]
    assert "already exists" in docker.fails("network", "create", "wide")


def test_containers_on_all_its_nodes_are_in_it(docker: Docker) -> None:
    for rank in (1, 3):
        docker("run", "-d", "--name", f"c{rank}", *on(rank), "--network", "wide", *SLEEP)
    (shown,) = json.loads(docker("network", "inspect", "wide").out)
    assert {"c1", "c3"} <= {one["Name"] for one in shown["Containers"].values()}
    assert docker.inspect("c3")["NetworkSettings"]["Networks"]["wide"]["NetworkID"] == shown["Id"]
    for here, there in (("c1", "c3"), ("c3", "c1")):
        eventually(
            lambda a=here, b=there: (
                not docker("exec", a, "ping", "-c1", "-W1", b, status=None).status
            ),
            what=f"{here} reaches {there}",
        )


def test_containers_go_to_engines_of_that_swarm(docker: Docker) -> None:
    nodes = set()
    for number in range(4):
        docker("run", "-d", "--name", f"c{number}", "--network", "wide", *SLEEP)
        nodes.add(docker("inspect", "-f", "{{.Node.Name}}", f"c{number}").text)
    assert nodes == {"node-1", "node-3"}
    refused = docker("run", *on(2), "--network", "wide", *SLEEP, status=125).error
    assert "node-2: network wide is of a swarm that it is not in" in refused


def test_connect_and_disconnect_on_a_worker(docker: Docker) -> None:
    docker("run", "-d", "--name", "web", *on(3), *SLEEP)
    docker("network", "connect", "wide", "web")
    assert sorted(docker.inspect("web")["NetworkSettings"]["Networks"]) == ["bridge", "wide"]
    docker("network", "disconnect", "wide", "web")
    assert sorted(docker.inspect("web")["NetworkSettings"]["Networks"]) == ["bridge"]


def test_removal(docker: Docker, mixed_fleet: Fleet) -> None:
    docker("network", "rm", "wide")
    assert docker("network", "ls", "-q", "--filter", "name=wide").text == ""
    assert _holders(mixed_fleet, "wide") == []


def test_its_engines_stay_manageable(docker: Docker, swarmd: Swarmd) -> None:
    assert len(swarmd.healthy()) == 3
    for rank in (1, 3):
        docker("run", "--rm", *on(rank), "busybox", "true")
        docker("network", "create", f"node-{rank}/local{rank}")
        docker("run", "--rm", "--network", f"local{rank}", "busybox", "true")
        docker("network", "rm", f"local{rank}")
    assert docker("network", "ls", "--filter", "name=ingress", "-q").lines != []
