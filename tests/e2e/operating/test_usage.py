"""What containers really use decides where the next one goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.operating.commands import node_of, ok, operate, run_on
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


def test_a_busy_node_is_seen_and_spared(
    swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for(options=("--strategy", "spread:usage"))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    busy = ("--cpus", "0.3", "-l", "com.docker.swarm.reserve=soft", "-e", "constraint:node==node-1")
    docker("run", "-d", "--name", name, *busy, "busybox", "sh", "-c", "while :; do :; done")
    for node in ("node-2", "node-3"):
        for number in range(2):
            run_on(docker, node, f"{name}-{node}-{number}")

    def usage() -> dict[str, float]:
        nodes = json.loads(ok(operate(swarmd, "node", "usage", "--json")))
        assert all(one["Measured"] == one["Running"] for one in nodes)
        return {one["Name"]: one["UsedCPUs"] for one in nodes}

    eventually(lambda: usage()["node-1"] > 0.15, 30, what="the busy container is measured")
    assert all(used < 0.1 for node, used in usage().items() if node != "node-1")
    made = docker("create", "busybox").text
    assert node_of(docker, made) != "node-1"  # though it has the fewest containers
    shown = ok(operate(swarmd, "node", "usage"))
    assert "CPUS USED" in shown and "not measured" not in shown
