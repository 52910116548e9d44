"""What containers really use, measured by real engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.operating.commands import ok, operate, run_on
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


def test_a_busy_node_is_seen(swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str) -> None:
    swarmd = swarmd_for(options=("--strategy", "spread:usage"))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    busy = ("--name", name, "--stop-timeout", "1", "-e", "constraint:node==node-1")
    docker("run", "-d", *busy, "busybox", "sh", "-c", "while :; do :; done")
    for node in ("node-2", "node-3"):
        for number in range(2):
            run_on(docker, node, f"{name}-{node}-{number}")

    def usage() -> dict[str, float]:
        nodes = json.loads(ok(operate(swarmd, "node", "usage", "--json")))
        assert all(one["Measured"] == one["Running"] for one in nodes)
        return {one["Name"]: one["UsedCPUs"] for one in nodes}

    def busiest() -> str:
        used = usage()
        return max(used, key=lambda node: used[node])

    # How busy it gets is this machine's affair; where that leads, tests of the strategy say.
    eventually(lambda: busiest() == "node-1", what="the busy container is measured")
    shown = ok(operate(swarmd, "node", "usage"))
    assert "CPUS USED" in shown and "not measured" not in shown
