"""What tests of operators' commands share."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.lab.cli import Docker
from tests.lab.daemon import TREE, Swarmd
from tests.lab.waiting import eventually


def operate(swarmd: Swarmd, *words: str) -> subprocess.CompletedProcess[str]:
    """``swarmd node …`` as an operator types it."""
    return subprocess.run(
        [sys.executable, "-m", "swarmd", *words],
        cwd=TREE,
        env={**os.environ, "DOCKER_HOST": swarmd.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def restarted(swarmd: Swarmd, healthy: int = 3) -> None:
    """A cordoned node is shown as "Healthy (cordoned)"."""
    swarmd.start()

    def count() -> int:
        return sum(row["Status"].startswith("Healthy") for row in swarmd.nodes().values())

    eventually(lambda: count() == healthy, what="all healthy again")


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node_of(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.Node.Name}}", name).text


def on(node: str) -> tuple[str, str]:
    """A soft wish, so that the container may also be elsewhere."""
    return ("-e", f"constraint:node==~{node}")


def run_on(docker: Docker, node: str, name: str, *args: str) -> str:
    """It heeds no SIGTERM: an engine that stops it, or comes back, ends it after a second."""
    options = ("--name", name, "--stop-timeout", "1", *on(node), *args)
    return docker("run", "-d", *options, "busybox", "sleep", "600").text
