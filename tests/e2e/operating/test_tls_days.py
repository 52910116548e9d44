"""What an operator does under TLS: a drain, an engine's renewed certificate; and swarmd killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.operating.commands import node_of, ok, operate, restarted, run_on
from tests.e2e.operating.test_moving_together import project, talks
from tests.lab.cli import Docker
from tests.lab.daemon import TREE, Swarmd
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.fleet, pytest.mark.soak]


@pytest.fixture
def guarded(tls_fleet: Fleet, tmp_path: Path) -> Iterator[Swarmd]:
    mine = tls_fleet.client
    swarmd = Swarmd(tmp_path / "swarmd-tls", tls_fleet, tls=mine, engine_tls=mine)
    swarmd.start(2)
    yield swarmd
    swarmd.close()
    tls_fleet.remove_all()


def as_operator(swarmd: Swarmd, *words: str) -> subprocess.CompletedProcess[str]:
    assert swarmd.tls is not None
    tls = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(swarmd.tls.folder)}
    return subprocess.run(
        [sys.executable, "-m", "swarmd", *words],
        cwd=TREE, env={**os.environ, "DOCKER_HOST": swarmd.url, **tls},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_drain_and_a_renewed_certificate_under_tls(
    guarded: Swarmd, tls_fleet: Fleet, tmp_path: Path, name: str
) -> None:
    docker = Docker("/usr/bin/docker", guarded.url, guarded.tls, tmp_path)
    node = project(docker, tls_fleet, name)
    done = ok(as_operator(guarded, "node", "drain", node))
    assert f"{node} is drained: 2 moved, 0 stay, 0 failed" in done
    now = node_of(docker, f"{name}-web")
    assert now == node_of(docker, f"{name}-db") != node and talks(docker, name)
    ok(as_operator(guarded, "node", "uncordon", node))
    # The certificate of the drained node is signed anew; dockerd reads it at its start alone.
    engine = tls_fleet[node]
    assert engine.tls is not None
    before = engine.tls.load().serial_number
    names = (engine.machine.ip, engine.machine.name)
    with docker.running("attach", f"{name}-web") as stream:
        engine.tls.replace_by(tls_fleet.authority.issue(f"renewed-{name}", names))
        assert engine.tls.load().serial_number != before
        engine.stop()
        eventually(lambda: guarded.healthy() == [now], 20, what="it is down")
        engine.start()
        eventually(lambda: len(guarded.healthy()) == 2, 30, what="it is back")
        assert stream.process.poll() is None
    run_on(docker, node, f"{name}-after")
    assert node_of(docker, f"{name}-after") == node
    assert sorted(guarded.healthy()) == sorted(one.name for one in tls_fleet)


def test_swarmd_is_killed_within_the_change_over_of_a_group(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    """The old ones are aside, the new ones made, and what does not heed its end is being ended."""
    node = project(docker, fleet, name, "--stop-timeout", "4")
    asking = subprocess.Popen(
        [sys.executable, "-m", "swarmd", "node", "drain", node],
        cwd=TREE, env={**os.environ, "DOCKER_HOST": swarmd.url},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    aside = partial(_names_at, fleet, node)
    eventually(lambda: sum(".moving-" in one for one in aside()) == 2, 30, what="both are aside")
    others = [one for one in fleet if one.name != node]
    eventually(lambda: sum(len(one.containers()) for one in others) == 2, 30, what="both are made")
    swarmd.kill()
    asking.wait(30)
    restarted(swarmd)
    both = [f"{name}-db", f"{name}-web"]
    eventually(lambda: not fleet[node].containers(), 60, 0.3, what=f"{node} is empty")
    eventually(lambda: sorted(docker.names()) == both, 30, what="both run, once")
    assert sorted(docker.names("-a")) == both
    assert node_of(docker, both[0]) == node_of(docker, both[1]) != node and talks(docker, name)
    shown = ok(operate(swarmd, "node", "drain", node))
    assert "0 moved, 0 stay, 0 failed" in shown


def _names_at(fleet: Fleet, node: str) -> list[str]:
    found = fleet[node].local.get("/containers/json?all=1")
    return [one["Names"][0] for one in found]
