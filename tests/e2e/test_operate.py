"""Nodes cordoned, drained, lost and back, with real engines killed, frozen and cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import TREE, Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

# Notice within 8 s, 2 s of grace, and a create on a slow machine.
MOVED = 30.0
POLICY = ("-e", "reschedule:on-node-failure")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def options(state: Path) -> tuple[str, ...]:
    return ("--state-dir", str(state), "--reschedule-grace", "2s")


@pytest.fixture
def swarmd(swarmd_for: Callable[..., Swarmd], options: tuple[str, ...]) -> Swarmd:
    return swarmd_for(options=options)


@pytest.fixture
def docker(swarmd: Swarmd, tmp_path: Path) -> Docker:
    return Docker("/usr/bin/docker", swarmd.url, home=tmp_path)


@pytest.fixture
def victim(fleet: Fleet) -> Iterator[Engine]:
    """An engine that the test may harm in any way that is undone here."""
    engine = fleet["node-2"]
    yield engine
    engine.machine.heal()
    if engine.running():
        engine.thaw()
    else:
        engine.launch()
    engine.wait_ready()


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

    eventually(lambda: count() == healthy, 20, what="all healthy again")


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node_of(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.Node.Name}}", name).text


def on(node: str) -> tuple[str, str]:
    """A soft wish, so that the container may also be elsewhere."""
    return ("-e", f"constraint:node==~{node}")


def run_on(docker: Docker, node: str, name: str, *args: str) -> str:
    return docker("run", "-d", "--name", name, *on(node), *args, "busybox", "sleep", "600").text


def moved(docker: Docker, name: str, old: str) -> str:
    """Waits until another container of that name runs; its node."""

    def there() -> bool:
        seen = docker("inspect", "-f", "{{.Id}} {{.State.Running}}", name).text
        return seen.endswith(" true") and not seen.startswith(old)

    eventually(there, MOVED, 0.2, what=f"{name} runs elsewhere")
    return node_of(docker, name)


def known(docker: Docker, swarmd: Swarmd, name: str) -> None:
    """Waits until swarmd has had the time to learn what the container is."""
    import time

    assert docker.state(name) == "running"
    time.sleep(1.5)


# Operators


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
    told = json.loads(ok(operate(swarmd, "explain", "--json", "--", "docker", *wish)))
    assert told["Node"] == "node-3" == node_of(docker, docker(*wish).text)
    reasons = {node["Name"]: node.get("Filter") for node in told["Nodes"]}
    assert reasons == {"node-1": "port", "node-2": "constraint", "node-3": None}
    assert operate(swarmd, "explain", "--", "docker", *wish).returncode == 1


def test_commands_that_are_wrong_are_one_line(swarmd: Swarmd) -> None:
    for words in (["node", "frobnicate"], ["node", "cordon", "nowhere"], ["explain", "--", "ls"]):
        done = operate(swarmd, *words)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and not done.stdout


# Drain


def test_drain_moves_what_may_move(swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str) -> None:
    net = f"net-{name}"
    docker("network", "create", net)
    # The first container brings its network to the node; the others follow it there.
    node = node_of(docker, docker("create", "--network", net, "busybox").text)
    first = run_on(docker, node, name, "--network", net, "-l", "a=b", "--network-alias", "www")
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
    _, error = asking.communicate(timeout=30)
    assert asking.returncode == 1 and b"swarmd" in error
    restarted(swarmd)
    eventually(lambda: not fleet["node-1"].containers(), 60, 0.3, what="node-1 is empty")
    eventually(lambda: sorted(docker.names("-a")) == names, what="all are there, once")
    assert len(docker.names()) == 8
    # What is left of the drain is nothing: a new one has nothing to do.
    shown = ok(operate(swarmd, "node", "drain", "node-1"))
    assert "0 moved, 0 stay, 0 failed" in shown


# Loss


@pytest.mark.parametrize("harm", ["kill", "freeze", "cut"])
def test_rescheduled_once_and_never_twice(
    harm: str, swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    old = run_on(docker, "node-2", name, *POLICY, "-l", "a=b")
    other = run_on(docker, "node-2", f"{name}-stays")
    assert node_of(docker, name) == "node-2"
    known(docker, swarmd, name)
    with docker.running("events", "--filter", "event=reschedule") as events:
        _harm(victim, harm)
        assert moved(docker, name, old) != "node-2"
        events.expect("container reschedule")
        events.expect(f"name={name}")
    assert docker.inspect(name)["Config"]["Labels"]["a"] == "b"
    rows = docker("ps", "-a", "--format", "{{.Names}} {{.Status}}").lines
    assert f"{name}-stays Host Down" in rows and len(rows) == 2
    _heal(victim, harm)
    eventually(lambda: old not in victim.containers(), MOVED, what="the old copy is gone")
    eventually(lambda: "node-2" in swarmd.healthy(), 20)
    assert victim.containers() == [other]
    assert sorted(docker.names("-a")) == [name, f"{name}-stays"]


def _harm(engine: Engine, harm: str) -> None:
    engine.machine.cut() if harm == "cut" else getattr(engine, harm)()


def _heal(engine: Engine, harm: str) -> None:
    if harm == "kill":
        engine.launch()
        engine.wait_ready()
    elif harm == "freeze":
        engine.thaw()
    else:
        engine.machine.heal()


def test_a_short_absence_moves_nothing(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, victim: Engine, tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for(options=("--reschedule-grace", "60s"))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    victim.machine.cut()
    eventually(lambda: "node-2" not in swarmd.healthy(), 15)
    victim.machine.heal()
    eventually(lambda: "node-2" in swarmd.healthy(), 15)
    assert docker.inspect(name)["Id"] == old


def test_taken_off_the_list_is_not_lost(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    swarmd.list_engines([fleet["node-1"], fleet["node-3"]])
    swarmd.reread()
    eventually(lambda: len(swarmd.nodes()) == 2, 15)
    swarmd.list_engines(fleet)
    swarmd.reread()
    eventually(lambda: len(swarmd.healthy()) == 3, 15)
    assert docker.inspect(name)["Id"] == old
    assert [len(engine.containers()) for engine in fleet] == [0, 1, 0]


def test_waits_for_room(swarmd: Swarmd, docker: Docker, victim: Engine, name: str) -> None:
    """Both other nodes have the port taken; when it is freed, the container comes."""
    old = run_on(docker, "node-2", name, *POLICY, "-p", "8096:80")
    blockers = [run_on(docker, node, f"{name}-{node}", "-p", "8096:80")
                for node in ("node-1", "node-3")]  # fmt: skip
    known(docker, swarmd, name)
    with docker.running("events", "--filter", "event=reschedule") as events:
        victim.kill()
        events.expect("8096", 25)
        assert "error=" in events.out
    nodes = json.loads(ok(operate(swarmd, "node", "ls", "--json")))
    assert nodes[1]["Rescheduling"] == [name]
    docker("rm", "-f", blockers[0])
    assert moved(docker, name, old) == "node-1"


def test_a_tombstone_outlives_swarmd(
    swarmd: Swarmd, docker: Docker, victim: Engine, state: Path, name: str
) -> None:
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    victim.machine.cut()
    new_node = moved(docker, name, old)
    swarmd.stop()
    assert old in json.loads((state / "swarmd.json").read_text())["tombstones"]
    # Even the replacement is gone by now: the tombstone alone has to do.
    swarmd.start(2)
    docker("rm", "-f", name)
    assert old in victim.containers() and new_node != "node-2"
    victim.machine.heal()
    eventually(lambda: victim.containers() == [], MOVED, what="the old copy is gone")
    assert docker.names("-a") == []


def test_only_an_operator_says_that_it_is_lost(
    swarmd_for: Callable[..., Swarmd], victim: Engine, tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for(options=("--reschedule-grace", "1s", "--reschedule-confirm"))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    assert "answers" in operate(swarmd, "node", "lost", "node-2").stderr
    victim.machine.cut()
    eventually(lambda: "node-2" not in swarmd.healthy(), 15)
    eventually(lambda: name in ok(operate(swarmd, "node", "ls")), what="it waits")
    assert "Host Down" in docker("ps", "-a", "--format", "{{.Status}}").text
    ok(operate(swarmd, "node", "lost", "node-2"))
    assert moved(docker, name, old) != "node-2"


def test_forgotten_containers_free_their_names(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    old = run_on(docker, "node-2", name)
    victim.machine.cut()
    eventually(lambda: "node-2" not in swarmd.healthy(), 15)
    assert "node-2" in docker.fails("rm", "-f", name)
    ok(operate(swarmd, "node", "forget", "node-2", name))
    new = run_on(docker, "node-1", name)
    victim.machine.heal()
    eventually(lambda: old not in victim.containers(), MOVED, what="the old one is gone")
    assert docker.inspect(name)["Id"] == new


# Bursts


def test_two_hundred_creates_at_once(swarmd: Swarmd, docker: Docker, fleet: Fleet) -> None:
    """One port, ten names, most of the memory: three engines, 200 creates, all at one moment."""
    memory = min(int(engine.local.get("/info")["MemTotal"]) for engine in fleet)

    def create(number: int) -> tuple[int, str]:
        body: dict[str, Any] = {"Image": "busybox", "Cmd": ["sleep", "600"]}
        query, kind = "", number % 4
        if kind == 0:
            query = f"?name=burst-{number // 4 % 10}"
        elif kind == 1:
            body["HostConfig"] = {"PortBindings": {"80/tcp": [{"HostPort": "8095"}]}}
            body["ExposedPorts"] = {"80/tcp": {}}
        elif kind == 2:
            body["HostConfig"] = {"Memory": memory // 4}
        answer = swarmd.api.call("POST", f"/containers/create{query}", body, timeout=120)
        return kind, answer.json["Id"] if answer.status == 201 else ""

    with ThreadPoolExecutor(200) as pool:
        results = list(pool.map(create, range(200)))
    made = Counter(kind for kind, container in results if container)
    assert made[0] == 10 and made[1] == 3 and made[3] == 50
    assert made[2] == 12  # four quarters on each node
    everything = [item for engine in fleet for item in engine.local.get("/containers/json?all=1")]
    assert len(everything) == made.total()
    names = Counter(name for item in everything for name in item["Names"])
    assert max(names.values()) == 1
    for number in range(10):
        docker("rm", f"burst-{number}")
    # Nothing is leaked: what was freed can be had again.
    for number in range(10):
        assert create(4 * number)[1]
