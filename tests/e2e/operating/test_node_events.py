"""What happens to nodes, as the stock client shows it and as the log tells it."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest

from tests.e2e.operating.commands import ok, operate
from tests.lab.cli import Docker, Running
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

FORM = "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.reason}}"


def has(told: Running, action: str, times: int) -> bool:
    return sum(line.startswith(f"{action} node-2") for line in told.lines) == times


def test_a_node_falls_comes_back_leaves_and_joins(
    swarmd: Swarmd, docker: Docker, fleet: Fleet
) -> None:
    began = time.time()
    about = ("-f", "type=node", "-f", "node=node-2", "--format", FORM)
    with docker.running("events", "--since", f"{began:.9f}", *about) as told:
        for number in (1, 2):  # a repeated fall for the same reason is told again
            fleet["node-2"].stop()
            eventually(partial(has, told, "down", number))
            fleet["node-2"].start()
            eventually(partial(has, told, "up", number))
        ok(operate(swarmd, "node", "cordon", "node-2"))
        told.expect("cordon node-2")
        ok(operate(swarmd, "node", "drain", "node-2"))
        told.expect("drained node-2")
        ok(operate(swarmd, "node", "uncordon", "node-2"))
        told.expect("uncordon node-2")
        swarmd.list_engines(engine for engine in fleet if engine.name != "node-2")
        told.expect("left node-2")
        swarmd.list_engines(fleet)
        eventually(partial(has, told, "up", 3))
    lines = docker(
        *("events", "--since", f"{began:.9f}", "--until", f"{time.time():.9f}"),
        *("-f", "type=node", "--format", "{{json .}}"),
    ).lines
    events = [json.loads(line) for line in lines]
    actions = " ".join(event["Action"] for event in events)
    assert actions == "down up down up cordon drain drained uncordon left joined up"
    assert all(event["Type"] == "node" and event["scope"] == "swarm" for event in events)
    log = swarmd.log.read_text()
    assert log.count("node node-2 (") >= 9 and log.count(") is down: ") >= 2
