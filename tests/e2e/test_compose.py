"""Compose, of today and of Debian 12: a project comes up, changes, and goes without a trace."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.packages import Missing
from tests.lab.waiting import eventually

PROJECT = """
version: "2.4"
services:
  db:
    image: busybox
    command: sh -c 'touch /data/ok; sleep 600'
    stop_grace_period: 0s
    volumes: ["data:/data"]
    healthcheck: {test: ["CMD", "test", "-f", "/data/ok"], interval: 500ms, retries: 40}
  app:
    build: app
    command: sh -c 'cat /app; sleep 600'
    stop_grace_period: 0s
    depends_on: {db: {condition: service_healthy}}
  web:
    image: busybox
    command: sh -c 'echo page > /index.html; httpd -f -p 80 -h /'
    stop_grace_period: 0s
    ports: ["18099:80"]
    depends_on: [app]
volumes: {data: {}}
"""

SPREAD = """
version: "2.4"
services:
  one: {image: busybox, command: sleep 600, network_mode: none, stop_grace_period: 0s}
  two: {image: busybox, command: sleep 600, network_mode: none, stop_grace_period: 0s}
  three: {image: busybox, command: sleep 600, network_mode: host, stop_grace_period: 0s}
"""

BOUND = """
version: "2.4"
services:
  free: {image: busybox, command: sleep 600, stop_grace_period: 0s}
  bound:
    image: busybox
    command: sleep 600
    stop_grace_period: 0s
    environment: ["constraint:rank==3"]
    volumes: ["data:/data"]
volumes: {data: {}}
"""


class Compose:
    """``compose("up", "-d")``: one command in the project's folder; its whole output."""

    def __init__(self, command: list[str], url: str, folder: Path) -> None:
        self.folder = folder
        self._command = [*command, "-p", "proj", "-f", "compose.yaml"]
        self._env = {"PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_HOST": url}

    def project(self, text: str) -> None:
        (self.folder / "compose.yaml").write_text(text)
        (self.folder / "app").mkdir(exist_ok=True)
        (self.folder / "app" / "Dockerfile").write_text("FROM busybox\nRUN echo ready > /app\n")

    def __call__(self, *args: str, status: int = 0) -> str:
        done = subprocess.run(
            [*self._command, *args],
            cwd=self.folder,
            env=self._env,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == status, f"{args}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def follow(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._command, *args],
            cwd=self.folder,
            env=self._env,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


@pytest.fixture(params=["newest", "1.29"])
def compose(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Iterator[Compose]:
    yield Compose(_command(request.param, host, tmp_path), host.url, tmp_path)
    host.fleet.remove_all()
    for engine in host.fleet:
        for name in ("proj-app", "proj_app"):
            engine.local.call("DELETE", f"/images/{name}?force=1")


def _command(kind: str, host: Host, folder: Path) -> list[str]:
    if kind == "newest":
        try:
            return [newest_docker(host.url, folder).program, "compose"]
        except Missing as why:
            pytest.skip(f"no newer Compose here: {why}")
    program = shutil.which("docker-compose", path="/usr/bin")
    if program is None:
        pytest.skip("docker-compose is not installed")
    return [program]


def left_over(host: Host) -> list[str]:
    """What there is on the engines beside what was there before."""
    found = []
    for engine in host.fleet:
        found += [network["Name"] for network in engine.local.get("/networks")]
        found += [volume["Name"] for volume in engine.local.get("/volumes")["Volumes"] or ()]
        found += engine.containers()
    return [name for name in found if name not in ("bridge", "host", "none")]


def ids(docker: Docker) -> list[str]:
    return sorted(docker("ps", "-aq", "--no-trunc").lines)


def nodes(docker: Docker, *names: str) -> set[str]:
    found = names or tuple(docker("ps", "-aq").lines)
    return {docker("inspect", "-f", "{{.Node.Name}}", name).text for name in found}


def test_a_project(compose: Compose, docker: Docker, host: Host) -> None:
    compose.project(PROJECT)
    compose("up", "-d", "--build")
    up = ids(docker)
    assert len(up) == 3 and len(nodes(docker)) == 1
    compose("up", "-d")
    assert ids(docker) == up, "a second up recreates nothing"
    table = compose("ps")
    assert "(healthy)" in table and "18099->80/tcp" in table
    said = compose("exec", "-T", "web", "sh", "-c", "wget -qO- http://web/; ping -c1 db")
    assert "page" in said and "1 packets received" in said
    assert "hello" in compose("run", "--rm", "-T", "app", "echo", "hello")
    assert "ready" in compose("logs", "--no-color", "app")
    compose("up", "-d", "--scale", "app=3")
    assert len(ids(docker)) == 5 and set(up) < set(ids(docker))
    compose("stop", "app")
    assert len(docker("ps", "-q").lines) == 2
    assert "sleep 600" in compose("top", "db")
    compose("down", "-v")
    assert left_over(host) == []


def test_logs_are_followed(compose: Compose, docker: Docker) -> None:
    compose.project(PROJECT)
    compose("up", "-d", "--build")
    following = compose.follow("logs", "-f", "--no-color", "app")
    try:
        assert following.stdout is not None
        deadline = time.monotonic() + 60
        line = ""
        while "ready" not in line and time.monotonic() < deadline:
            line = following.stdout.readline()
        assert "ready" in line and following.poll() is None
        compose("kill")
        assert following.wait(60) == 0, "it ends with the containers"
    finally:
        following.kill()
        following.communicate()


@pytest.mark.fleet
def test_services_without_a_network_of_their_own_spread(
    compose: Compose, docker: Docker, host: Host
) -> None:
    compose.project(SPREAD)
    compose("up", "-d")
    assert nodes(docker) == {"node-1", "node-2", "node-3"}
    compose("down", "-v")
    assert left_over(host) == []


@pytest.mark.fleet
def test_a_constraint_decides_for_the_project(compose: Compose, docker: Docker, host: Host) -> None:
    """Network and volume are made before Compose says where a container must go."""
    compose.project(BOUND)
    for _ in range(2):
        compose("up", "-d")
        assert nodes(docker) == {"node-3"}
        up = ids(docker)
        compose("up", "-d")
        assert ids(docker) == up, "a second up recreates nothing"
        compose("down", "-v")
        assert left_over(host) == []


@pytest.mark.fleet
def test_a_project_that_cannot_be(compose: Compose, docker: Docker, host: Host) -> None:
    compose.project(BOUND.replace("rank==3", "rank==9"))
    said = compose("up", "-d", status=1)
    assert "Unable to find a node that satisfies the following conditions" in said
    eventually(lambda: nothing_after_down(compose, host), what="nothing is left")


def nothing_after_down(compose: Compose, host: Host) -> bool:
    """A create that Compose gave up is carried through all the same, perhaps after a first down."""
    compose("down", "-v")
    return left_over(host) == []
