"""Nodes lost and back, with real engines killed, frozen and cut off: nothing runs twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.operating.commands import node_of, ok, operate, run_on
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

# Notice within 8 s, 2 s of grace, and a create on a slow machine.
MOVED = 60.0
POLICY = ("-e", "reschedule:on-node-failure")


@pytest.fixture
def victim(fleet: Fleet) -> Iterator[Engine]:
    """An engine that the test may harm in any way that is undone here."""
    engine = fleet["node-2"]
    yield engine
    engine.heal()


def moved(docker: Docker, name: str, old: str) -> str:
    """Waits until another container of that name runs; its node."""

    def there() -> bool:
        seen = docker("inspect", "-f", "{{.Id}} {{.State.Running}}", name).text
        return seen.endswith(" true") and not seen.startswith(old)

    eventually(there, MOVED, 0.2, what=f"{name} runs elsewhere")
    return node_of(docker, name)


def known(docker: Docker, swarmd: Swarmd, name: str) -> None:
    """Waits until swarmd has learned what the container is."""
    node = node_of(docker, name)

    def there() -> bool:
        return name in swarmd.api.get(f"/swarmd/nodes/{node}")["Reschedulable"]

    eventually(there, what=f"{name} is known")


@pytest.mark.parametrize("harm", ["kill", "freeze", "cut"])
def test_rescheduled_once_and_never_twice(
    harm: str, swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    docker("network", "create", f"node-2/{name}-net")
    network = ("--network", f"{name}-net", "--network-alias", "alias")
    old = run_on(docker, "node-2", name, *POLICY, *network, "-l", "a=b")
    other = run_on(docker, "node-2", f"{name}-stays")
    assert node_of(docker, name) == "node-2"
    known(docker, swarmd, name)
    since = f"{time.time():.9f}"
    with docker.running("events", "--since", since, "--filter", "event=reschedule") as events:
        _harm(victim, harm)
        assert moved(docker, name, old) != "node-2"
        events.expect("container reschedule")
        events.expect(f"name={name}")
    new = docker.inspect(name)
    assert new["Config"]["Labels"]["a"] == "b"
    assert "alias" in new["NetworkSettings"]["Networks"][f"{name}-net"]["Aliases"]
    rows = docker("ps", "-a", "--format", "{{.Names}} {{.Status}}").lines
    assert f"{name}-stays Host Down" in rows and len(rows) == 2
    _heal(victim, harm)
    eventually(lambda: old not in victim.containers(), MOVED, what="the old copy is gone")
    eventually(lambda: "node-2" in swarmd.healthy())
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


def test_what_ended_with_an_engine_that_was_shut_down_runs_again(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    """The one ends when it is asked to, the other is killed after three seconds."""
    old = run_on(docker, "node-2", name, *POLICY, "--stop-signal", "KILL")
    slow = run_on(docker, "node-2", f"{name}-slow", *POLICY, "--stop-timeout", "3")
    known(docker, swarmd, name)
    known(docker, swarmd, f"{name}-slow")
    victim.stop()
    assert moved(docker, name, old) != "node-2"
    assert moved(docker, f"{name}-slow", slow) != "node-2"


def test_a_short_absence_moves_nothing(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, victim: Engine, tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for(options=("--reschedule-grace", "60s"))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    victim.machine.cut()
    eventually(lambda: "node-2" not in swarmd.healthy())
    victim.machine.heal()
    eventually(lambda: "node-2" in swarmd.healthy())
    assert docker.inspect(name)["Id"] == old


def test_taken_off_the_list_is_not_lost(
    swarmd: Swarmd, docker: Docker, fleet: Fleet, name: str
) -> None:
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    swarmd.list_engines([fleet["node-1"], fleet["node-3"]])
    swarmd.reread()
    eventually(lambda: len(swarmd.nodes()) == 2)
    swarmd.list_engines(fleet)
    swarmd.reread()
    eventually(lambda: len(swarmd.healthy()) == 3)
    assert docker.inspect(name)["Id"] == old
    assert [len(engine.containers()) for engine in fleet] == [0, 1, 0]


def test_waits_for_room(swarmd: Swarmd, docker: Docker, victim: Engine, name: str) -> None:
    """Both other nodes have the port taken; when it is freed, the container comes."""
    old = run_on(docker, "node-2", name, *POLICY, "-p", "8096:80")
    blockers = [run_on(docker, node, f"{name}-{node}", "-p", "8096:80")
                for node in ("node-1", "node-3")]  # fmt: skip
    known(docker, swarmd, name)
    since = f"{time.time():.9f}"
    with docker.running("events", "--since", since, "--filter", "event=reschedule") as events:
        victim.kill()
        events.expect("8096")
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


def test_without_its_tombstone_people_decide(
    swarmd: Swarmd, docker: Docker, victim: Engine, state: Path, name: str
) -> None:
    """The state file is lost while both copies exist: neither is removed, and both are named."""
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    victim.machine.cut()
    new_node = moved(docker, name, old)
    new = docker.inspect(name)["Id"]
    swarmd.stop()
    (state / "swarmd.json").unlink()
    swarmd.start(2)
    victim.machine.heal()
    eventually(lambda: "node-2" in swarmd.healthy())

    def warning() -> str:
        said = swarmd.api.get("/info")["Warnings"] or []
        return " ".join(text for text in said if "no record" in text)

    eventually(lambda: f"remove node-2/{name} or {new_node}/{name}" in warning())
    assert old in victim.containers()
    docker("rm", "-f", f"node-2/{name}")
    assert docker.inspect(name)["Id"] == new
    eventually(lambda: not warning())


def test_only_an_operator_says_that_it_is_lost(
    swarmd_for: Callable[..., Swarmd], victim: Engine, tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for(options=("--reschedule-grace", "1s", "--reschedule-confirm"))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    old = run_on(docker, "node-2", name, *POLICY)
    known(docker, swarmd, name)
    assert "answers" in operate(swarmd, "node", "lost", "node-2").stderr
    victim.machine.cut()
    eventually(lambda: "node-2" not in swarmd.healthy())
    eventually(lambda: name in ok(operate(swarmd, "node", "ls")), what="it waits")
    assert "Host Down" in docker("ps", "-a", "--format", "{{.Status}}").text
    ok(operate(swarmd, "node", "lost", "node-2"))
    assert moved(docker, name, old) != "node-2"


def test_of_two_swarmds_the_second_leaves_it_to_the_first(
    swarmd: Swarmd,
    docker: Docker,
    swarmd_for: Callable[..., Swarmd],
    victim: Engine,
    tmp_path: Path,
    name: str,
) -> None:
    """Both would make it again, so one is to ask people. It sees both copies until the end."""
    second = swarmd_for(options=("--reschedule-grace", "1s", "--reschedule-confirm"))
    there = Docker("/usr/bin/docker", second.url, home=tmp_path)
    old = run_on(docker, "node-2", name, *POLICY)
    for each, client in ((swarmd, docker), (second, there)):
        known(client, each, name)
    victim.machine.cut()
    node = moved(docker, name, old)
    eventually(lambda: name in ok(operate(second, "node", "ls")), what="the second asks")
    assert f"{node}/{name}" in there.fails("inspect", name)
    new = there("inspect", "-f", "{{.Id}}", f"{node}/{name}").text
    assert new == docker.inspect(name)["Id"]
    operate(second, "node", "lost", "node-2")
    victim.machine.heal()
    eventually(lambda: old not in victim.containers(), MOVED, what="the old copy is gone")
    eventually(lambda: there("inspect", "-f", "{{.Id}}", name).text == new)
    assert len(there("ps", "-aq").lines) == 1


def test_forgotten_containers_free_their_names(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    old = run_on(docker, "node-2", name)
    victim.machine.cut()
    eventually(lambda: "node-2" not in swarmd.healthy())
    assert "node-2" in docker.fails("rm", "-f", name)
    ok(operate(swarmd, "node", "forget", "node-2", name))
    new = run_on(docker, "node-1", name)
    victim.machine.heal()
    eventually(lambda: old not in victim.containers(), MOVED, what="the old one is gone")
    assert docker.inspect(name)["Id"] == new
