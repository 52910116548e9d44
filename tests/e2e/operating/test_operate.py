"""Nodes cordoned, labelled, explained and drained, by commands as operators type them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.operating.commands import node_of, ok, on, operate, restarted, run_on
from tests.lab.cli import Docker
from tests.lab.daemon import TREE, Swarmd
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


def test_cordon_is_obeyed_and_kept_over_a_restart(swarmd: Swarmd, docker: Docker) -> None:
    ok(operate(swarmd, "node", "cordon", "node-1", "node-2"))
    for _ in range(3):
        assert node_of(docker, docker("create", "busybox").text) == "node-3"
    swarmd.stop()
    restarted(swarmd)
    assert node_of(docker, docker("create", "busybox").text) == "node-3"
    assert "is cordoned" in docker.fails("create", "-e", "constraint:node==node-1", "busybox")
    ok(operate(swarmd, "node", "uncordon", "node-1"))
    docker("create", "-e", "constraint:node==node-1", "busybox")


def test_labels_are_obeyed_and_kept_over_a_restart(swarmd: Swarmd, docker: Docker) -> None:
    ok(operate(swarmd, "node", "label", "node-2", "disk=ssd", "weight=3"))
    swarmd.stop()
    restarted(swarmd)
    assert node_of(docker, docker("create", "-e", "constraint:disk==ssd", "busybox").text)
    shown = json.loads(ok(operate(swarmd, "node", "inspect", "node-2")))
    assert shown["OperatorLabels"] == {"disk": "ssd", "weight": "3"} and shown["Weight"] == 3
    ok(operate(swarmd, "node", "label", "node-2", "disk-"))
    docker.fails("create", "-e", "constraint:disk==ssd", "busybox")


def test_ls_shows_every_node(swarmd: Swarmd, docker: Docker, fleet: Fleet) -> None:
    ok(operate(swarmd, "node", "cordon", "node-3"))
    lines = ok(operate(swarmd, "node", "ls")).splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "node-1", "node-2", "node-3"]
    assert "cordoned" in lines[3] and "active" in lines[1]
    nodes = json.loads(ok(operate(swarmd, "node", "ls", "--json")))
    assert [node["Address"] for node in nodes] == [engine.address for engine in fleet]


def test_explain_tells_what_a_run_then_does(swarmd: Swarmd, docker: Docker) -> None:
    docker("run", "-d", "-p", "8099:80", *on("node-1"), "busybox", "sleep", "600")
    wish = ("run", "-d", "-p", "8099:80", "-e", "constraint:rank!=2", "busybox", "sleep", "600")
    explained = json.loads(ok(operate(swarmd, "explain", "--json", "--", "docker", *wish)))
    assert explained["Node"] == "node-3" == node_of(docker, docker(*wish).text)
    reasons = {node["Name"]: node.get("Filter") for node in explained["Nodes"]}
    assert reasons == {"node-1": "port", "node-2": "constraint", "node-3": None}
    assert operate(swarmd, "explain", "--", "docker", *wish).returncode == 1


def test_commands_that_are_wrong_are_one_line(swarmd: Swarmd) -> None:
    for status, *words in (
        (2, "node", "frobnicate"),
        (1, "node", "cordon", "nowhere"),
        (2, "explain", "--", "ls"),
    ):
        done = operate(swarmd, *words)
        assert done.returncode == status and done.stderr.count("\n") == 1 and not done.stdout


def test_drain_moves_what_may_move(swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str) -> None:
    net = f"net-{name}"
    docker("network", "create", net)
    # The first container brings its network to the node; the others follow it there.
    node = node_of(docker, docker("create", "--network", net, "busybox").text)
    first = run_on(docker, node, name, "--network", net, "-l", "a=b", "--network-alias", "www")
    identity = docker.inspect(first)["Config"]["Labels"]["com.docker.swarm.id"]
    run_on(docker, node, f"{name}-peer", "--network", net)
    run_on(docker, node, f"{name}-data", "-v", "data:/data")
    docker("run", "-d", "--rm", "--name", f"{name}-rm", *on(node), "busybox", "sleep", "600")
    fleet[node].local.call("POST", "/containers/prune")
    report = [json.loads(line) for line in ok(
        operate(swarmd, "node", "drain", node, "--json")).splitlines()]  # fmt: skip
    assert report[-1] | {"Node": node} == {
        "Node": node, "Done": True, "Stopped": False, "Moved": 2, "Stays": 2, "Failed": 0,
    }  # fmt: skip
    reasons = {line["Name"]: line["Reason"] for line in report if line.get("Status") == "stays"}
    assert "volume" in reasons[f"{name}-data"] and "--rm" in reasons[f"{name}-rm"]
    seen = docker.inspect(name)
    assert seen["Id"] == docker.inspect(identity)["Id"]
    assert (
        docker("ps", "-q", "--no-trunc", "-f", f"label=com.docker.swarm.id={identity}").text
        == seen["Id"]
    )
    assert seen["Node"]["Name"] != node and seen["Id"] != first
    assert seen["Config"]["Labels"]["a"] == "b" and seen["State"]["Running"]
    assert "www" in seen["NetworkSettings"]["Networks"][net]["Aliases"]
    assert docker("exec", f"{name}-peer", "ping", "-c1", "-W2", "www").status == 0
    assert len(fleet[node].containers()) == 2
    assert node_of(docker, docker("create", "busybox").text) != node


def test_a_drain_that_fails_changes_nothing(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    """The port is taken on both other nodes by what swarmd has not made."""
    container = run_on(docker, "node-1", name, "-p", "8098:80")
    for node in ("node-2", "node-3"):
        ports = {"PortBindings": {"80/tcp": [{"HostPort": "8098"}]}}
        body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": ports}
        body["ExposedPorts"] = {"80/tcp": {}}
        made = fleet[node].local.post("/containers/create", body)
        fleet[node].local.post(f"/containers/{made['Id']}/start")
    eventually(lambda: len(docker.names()) == 3)
    done = operate(swarmd, "node", "drain", "node-1")
    assert done.returncode == 1 and "8098" in done.stdout
    assert docker.inspect(name)["Id"] == container and docker.state(name) == "running"


def test_a_drain_that_fails_late_is_rolled_back(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    """A process that is no container has the port, so only the start fails."""
    holders = [
        subprocess.Popen(["nsenter", "--target", str(engine.machine._first), "--net", "busybox",
                          "nc", "-l", "-p", "8097"])
        for engine in (fleet["node-2"], fleet["node-3"])
    ]  # fmt: skip
    try:
        container = run_on(docker, "node-1", name, "-p", "8097:80")
        done = operate(swarmd, "node", "drain", "node-1")
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()
    assert done.returncode == 1 and "failed" in done.stdout
    assert docker.inspect(name)["Id"] == container and docker.state(name) == "running"
    assert docker.names("-a") == [name]


def test_a_drain_survives_the_death_of_swarmd(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    """Each container has 1 s to end, so that the kill comes in the middle."""
    names = [f"{name}-{number}" for number in range(8)]
    for each in names:
        run_on(docker, "node-1", each, "--stop-timeout", "1")
    asking = subprocess.Popen(
        [sys.executable, "-m", "swarmd", "node", "drain", "node-1"],
        cwd=TREE,
        env={**os.environ, "DOCKER_HOST": swarmd.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert asking.stdout is not None
    while b"moved" not in asking.stdout.readline():
        pass
    swarmd.kill()
    _, error = asking.communicate(timeout=60)
    assert asking.returncode == 1 and b"swarmd" in error
    restarted(swarmd)
    eventually(lambda: not fleet["node-1"].containers(), what="node-1 is empty")
    eventually(lambda: sorted(docker.names("-a")) == names, what="all are there, once")
    assert len(docker.names()) == 8
    # What is left of the drain is nothing: a new one has nothing to do.
    shown = ok(operate(swarmd, "node", "drain", "node-1"))
    assert "0 moved, 0 stay, 0 failed" in shown
