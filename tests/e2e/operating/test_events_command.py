"""``swarmd events`` with real engines, and with a swarmd that restarts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.operating.commands import ok, on, operate, restarted
from tests.lab.cli import Docker, Running
from tests.lab.daemon import TREE, Swarmd
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


def test_what_happened_and_what_happens_over_a_restart(
    swarmd: Swarmd, docker: Docker, name: str
) -> None:
    following = Running(
        subprocess.Popen(
            [sys.executable, "-m", "swarmd", "events", "--follow", "--json", "--since", "5s",
             "--filter", "event=die", "--filter", "event=cordon"],
            cwd=TREE,
            env={**os.environ, "DOCKER_HOST": swarmd.url},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    )  # fmt: skip
    try:
        ok(operate(swarmd, "node", "cordon", "node-2"))
        eventually(lambda: "cordon" in following.out or None, what="it follows")
        docker("run", "--name", name, *on("node-1"), "busybox", "true")
        following.expect(f'"name":"{name}"')
        swarmd.kill()
        eventually(lambda: "waiting for it" in following.err, what="the loss is told")
        restarted(swarmd)
        docker("run", "--name", f"{name}-later", *on("node-1"), "busybox", "true")
        following.expect(f'"name":"{name}-later"', 30)
        events = [json.loads(line) for line in following.lines]
        names = [event["Actor"]["Attributes"]["name"] for event in events]
        assert names.count(name) == names.count(f"{name}-later") == 1
        assert "connected again" in following.err
    finally:
        following.close()
    shown = ok(operate(swarmd, "events", "--since", "5m", "--filter", f"container={name}"))
    assert f"container die {name} (node=node-1, " in shown
    assert "start" in shown and "\x1b" not in shown
