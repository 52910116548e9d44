"""A drain does not tear a project in two."""

from __future__ import annotations

import pytest

from tests.e2e.operating.commands import node_of, ok, operate, run_on
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


def project(docker: Docker, fleet: Fleet, name: str, *of_db: str) -> str:
    """Two containers that talk over a network; the node that they are on."""
    docker("network", "create", f"net-{name}")
    docker("run", "-d", "--name", f"{name}-db", *of_db, "--network", f"net-{name}",
           "busybox", "sleep", "600")  # fmt: skip
    node = node_of(docker, f"{name}-db")
    run_on(docker, node, f"{name}-web", "--network", f"net-{name}")
    return node


def talks(docker: Docker, name: str) -> bool:
    ping = ("ping", "-c1", "-W2", f"{name}-db")
    return docker("exec", f"{name}-web", *ping).status == 0


def test_what_must_stay_keeps_its_project(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    node = project(docker, fleet, name, "-v", f"data-{name}:/data")
    done = ok(operate(swarmd, "node", "drain", node))
    assert f"{name}-web: stays: it shares networks of this node with {name}-db" in done
    assert f"still there: {name}-db, {name}-web" in done
    assert f"{node} stays cordoned; `swarmd node uncordon {node}` ends that" in done
    assert node_of(docker, f"{name}-web") == node_of(docker, f"{name}-db") == node
    assert talks(docker, name)


def test_what_may_move_moves_together(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    node = project(docker, fleet, name)
    done = ok(operate(swarmd, "node", "drain", node))
    assert f"{node} is drained: 2 moved, 0 stay, 0 failed" in done
    assert node_of(docker, f"{name}-web") == node_of(docker, f"{name}-db") != node
    assert talks(docker, name)


def test_one_that_finds_no_place_keeps_its_project(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    node = project(docker, fleet, name, "-p", "8097:80")
    web = docker.inspect(f"{name}-web")["Id"]
    for other in (engine for engine in fleet if engine.name != node):
        run_on(docker, other.name, f"{name}-{other.name}", "-p", "8097:80")
    done = operate(swarmd, "node", "drain", node)
    assert done.returncode == 1 and "8097" in done.stdout
    assert docker.inspect(f"{name}-web")["Id"] == web
    eventually(lambda: docker.state(f"{name}-db") == "running")
    assert node_of(docker, f"{name}-db") == node and talks(docker, name)
