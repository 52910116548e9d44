"""Nodes evened out by ``swarmd rebalance``, as operators type it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.operating.commands import node_of, ok, operate
from tests.lab.cli import Docker
from tests.lab.daemon import TREE, Swarmd
from tests.lab.engines import Fleet
from tests.lab.terminal import Terminal

pytestmark = pytest.mark.fleet


def counts(fleet: Fleet) -> list[int]:
    return sorted(len(engine.containers()) for engine in fleet)


def test_what_may_move_is_evened_out_and_what_belongs_together_stays_so(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    docker("network", "create", f"net-{name}")
    with crowded(swarmd):
        run(docker, f"{name}-db", "--network", f"net-{name}")
        run(docker, f"{name}-web", "--network", f"net-{name}")
        run(docker, f"{name}-data", "-v", f"data-{name}:/data")
        run(docker, f"{name}-pinned", "-e", "constraint:node==node-1")
        for number in range(2):
            run(docker, f"{name}-{number}")
    before = docker("ps", "-aq", "--no-trunc").lines
    planned = ok(operate(swarmd, "rebalance", "--dry-run"))
    assert docker("ps", "-aq", "--no-trunc").lines == before and "6 -> 2" in planned
    assert operate(swarmd, "rebalance").returncode == 1  # nobody can be asked
    lines = ok(operate(swarmd, "rebalance", "--yes", "--json")).splitlines()
    assert json.loads(lines[-1])["Moved"] == 4
    assert counts(fleet) == [2, 2, 2]
    assert node_of(docker, f"{name}-db") == node_of(docker, f"{name}-web") != "node-1"
    assert node_of(docker, f"{name}-data") == node_of(docker, f"{name}-pinned") == "node-1"
    ping = ("ping", "-c1", "-W2", f"{name}-db")
    assert docker("exec", f"{name}-web", *ping).status == 0
    assert ok(operate(swarmd, "rebalance", "--yes")).startswith("nothing to move")


@contextmanager
def crowded(swarmd: Swarmd) -> Iterator[None]:
    """Everything goes to node-1, as on a fleet of one to which others are added."""
    ok(operate(swarmd, "node", "cordon", "node-2", "node-3"))
    yield
    ok(operate(swarmd, "node", "uncordon", "node-2", "node-3"))


def run(docker: Docker, name: str, *args: str) -> None:
    options = ("--name", name, "--stop-timeout", "1", *args)
    docker("run", "-d", *options, "busybox", "sleep", "600")


def typed(swarmd: Swarmd, *words: str, **environ: str) -> Terminal:
    env = {**os.environ, "DOCKER_HOST": swarmd.url, "TERM": "xterm", "PYTHONPATH": str(TREE)}
    return Terminal([sys.executable, "-m", "swarmd", *words], {**env, **environ}, 24, 80)


def test_on_a_terminal_it_asks_and_interrupted_it_ends_safely(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    with crowded(swarmd):
        for number in range(6):
            run(docker, f"{name}-{number}")
    asked = typed(swarmd, "rebalance")
    try:
        asked.expect("Move them? [y/N] ", 60)
        asked.type("\x03")
        assert asked.wait(30) == 130
    finally:
        asked.close()
    assert counts(fleet) == [0, 0, 6]
    asked = typed(swarmd, "rebalance")
    try:
        asked.expect("Move them? [y/N] ", 60)
        asked.type("y\n")
        asked.expect("1/4", 60)  # the bar
        asked.type("\x03")
        assert asked.wait(30) == 130
    finally:
        asked.close()
    shown = operate(swarmd, "rebalance", "--yes")  # what was under way is over, or told
    while shown.returncode:
        assert "under way" in shown.stderr
        shown = operate(swarmd, "rebalance", "--yes")
    assert counts(fleet) == [2, 2, 2] and len(docker.names()) == 6


def test_colours_are_for_terminals(swarmd: Swarmd) -> None:
    for environ, has in (({}, True), ({"NO_COLOR": "1"}, False)):
        listed = typed(swarmd, "node", "ls", **environ)
        try:
            assert listed.wait(30) == 0
            assert ("\x1b[32mHealthy\x1b[0m" in listed.out) is has and "Healthy" in listed.out
        finally:
            listed.close()
    assert "\x1b" not in ok(operate(swarmd, "node", "ls"))
