"""``swarmd overlay``: engines joined into one swarm, and networks that reach over nodes.

The tests follow each other: the last one takes it down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.operating.commands import ok, operate
from tests.e2e.test_compose import Compose
from tests.lab.cli import Docker, command_lines
from tests.lab.clients import newest_docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.packages import Missing
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

SLEEP = ("busybox", "sleep", "600")
PROJECT = """\
services:
  web:
    image: busybox
    command: httpd -f -p 80 -h /etc
    stop_grace_period: 0s
    networks: {default: {aliases: [front]}}
    environment: ["constraint:node==node-1"]
  client:
    image: busybox
    command: sleep 600
    stop_grace_period: 0s
    environment: ["constraint:node==node-2"]
networks:
  default:
    labels: {com.docker.swarm.driver: overlay}
"""


@pytest.fixture(scope="module")
def swarmd(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), fleet)
    swarmd.start(3)
    yield swarmd
    swarmd.close()
    fleet.remove_all()
    for engine in reversed(fleet.engines):
        engine.local.call("POST", "/swarm/leave?force=1")
        engine.local.call("DELETE", "/networks/docker_gwbridge")


@pytest.fixture
def docker(swarmd: Swarmd, tmp_path: Path) -> Docker:
    return Docker(command_lines()[0], swarmd.url, None, tmp_path)


def run(docker: Docker, node: int, *options: str) -> None:
    where = "-e", f"constraint:node==node-{node}"
    docker("run", "-d", "--name", f"c{node}", *where, *options, *SLEEP)


def test_up_joins_all_and_can_be_repeated(swarmd: Swarmd, docker: Docker) -> None:
    assert "3 nodes in the overlay, 3 managers" in ok(operate(swarmd, "overlay", "up"))
    assert "3 nodes in the overlay" in ok(operate(swarmd, "overlay", "up"))
    status = ok(operate(swarmd, "overlay", "status", "--json"))
    rows = [(one["Status"], one["Role"]) for one in json.loads(status)["Nodes"]]
    assert rows == [("in", "manager")] * 3
    assert "SWMTKN" not in status + swarmd.log.read_text()
    assert docker("info", "-f", "{{.Swarm.LocalNodeState}}").text in ("", "inactive")
    assert "not a swarm manager" in docker.fails("swarm", "join-token", "worker")


def test_containers_reach_each_other_over_nodes_by_name(swarmd: Swarmd, docker: Docker) -> None:
    made = docker("network", "create", "--label", "com.docker.swarm.driver=overlay", "wide").text
    for node in (1, 2):
        run(docker, node, "--network", "wide")
    listed = docker("network", "ls", "-q", "--no-trunc", "--filter", "driver=overlay").lines
    assert made in listed and len(listed) == 2, "and ingress"
    (shown,) = json.loads(docker("network", "inspect", "wide").out)
    assert {"c1", "c2"} <= {one["Name"] for one in shown["Containers"].values()}
    docker("exec", "c1", "ping", "-c1", "-W3", "c2")
    docker("exec", "c2", "ping", "-c1", "-W3", "c1")


def test_it_is_not_taken_down_while_it_is_in_use(swarmd: Swarmd, docker: Docker) -> None:
    refused = operate(swarmd, "overlay", "down")
    assert refused.returncode == 1 and "wide (c1, c2)" in refused.stderr
    docker("rm", "-f", "c1", "c2")


def test_a_compose_project_spreads_over_nodes(
    swarmd: Swarmd, docker: Docker, tmp_path: Path
) -> None:
    try:
        program = newest_docker(swarmd.url, tmp_path).program
    except Missing as why:
        pytest.skip(f"no newer Compose here: {why}")
    compose = Compose([program, "compose"], swarmd.url, tmp_path)
    compose.project(PROJECT)
    compose("up", "-d")
    for name in ("web", "front"):
        docker("exec", "proj-client-1", "ping", "-c1", "-W3", name)
    assert "still in use" not in compose("down", "-t", "0")
    assert docker("network", "ls", "-q", "--filter", "name=proj").text == ""


def test_down_has_all_leave(swarmd: Swarmd, fleet: Fleet, docker: Docker) -> None:
    assert "3 nodes left the overlay" in ok(operate(swarmd, "overlay", "down"))
    states = [one.local.get("/info")["Swarm"]["LocalNodeState"] for one in fleet]
    assert states == ["inactive"] * 3
    eventually(lambda: docker("network", "ls", "-q", "--filter", "driver=overlay").text == "")
    assert docker("network", "ls", "-q", "--filter", "name=docker_gwbridge").text == ""
