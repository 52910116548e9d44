"""Engines and swarmd itself killed, frozen, cut off, renamed, doubled: who notices, and when."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.trouble import everyone_else_is_quick
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


@pytest.fixture(scope="module")
def kept(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("faults"), fleet)
    try:
        swarmd.start(len(fleet.engines))
        yield swarmd
    finally:
        swarmd.close()


@pytest.fixture
def swarmd(kept: Swarmd, fleet: Fleet) -> Iterator[Swarmd]:
    """One for many faults; after each it serves the whole fleet again."""
    yield kept
    fleet.remove_all()
    kept.list_engines(fleet)
    if not kept.running():
        kept.start()
    everyone = len(fleet.engines)
    eventually(lambda: len(kept.healthy()) == everyone, what="all healthy")
    eventually(lambda: kept.api.get("/containers/json?all=1") == [], what="an empty fleet")


@pytest.fixture
def docker(swarmd: Swarmd, tmp_path: Path) -> Docker:
    return Docker("/usr/bin/docker", swarmd.url, home=tmp_path)


@pytest.fixture
def victim(fleet: Fleet) -> Iterator[Engine]:
    """An engine that the test may harm in any way that is undone here."""
    engine = fleet["node-2"]
    yield engine
    engine.heal()


def status(swarmd: Swarmd, node: str) -> str:
    return swarmd.nodes()[node]["Status"]


def run_on(docker: Docker, node: str, name: str, *command: str) -> str:
    """Input is echoed unless told otherwise; an engine that comes back ends it within a second."""
    options = ("-e", f"constraint:node=={node}", "--stop-timeout", "1")
    return docker("run", "-di", "--name", name, *options, "busybox", *(command or ("cat",))).text


def refusal(docker: Docker, *args: str) -> str:
    """What the CLI says, quickly, when a node that is needed does not answer."""
    began = time.monotonic()
    message = docker.fails(*args)
    assert time.monotonic() - began < 30, message
    return message


@pytest.mark.parametrize("harm", ["kill", "freeze", "cut"])
def test_a_lost_engine(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str, harm: str
) -> None:
    run_on(docker, "node-2", name)
    run_on(docker, "node-1", f"{name}-other")
    docker("ps")  # what was just done is known, so nothing has to be asked of the lost engine
    with everyone_else_is_quick(swarmd):
        (victim.machine.cut if harm == "cut" else getattr(victim, harm))()
        eventually(lambda: status(swarmd, "node-2") == "Unhealthy")
        assert swarmd.nodes()["node-2"]["Error"]
        rows = dict(
            line.split("|")
            for line in docker("ps", "-a", "--format", "{{.Names}}|{{.Status}}").lines
        )
        assert rows[name] == "Host Down" and rows[f"{name}-other"].startswith("Up ")
        assert docker.names() == [f"{name}-other"]
        assert "node-2" in refusal(docker, "inspect", "--type", "container", name)
        assert "node-2" in refusal(docker, "rm", "-f", name)
        made = docker("run", "-d", "busybox", "sleep", "600").text
        assert docker("inspect", "-f", "{{.Node.Name}}", made).text != "node-2"
        docker("exec", f"{name}-other", "true")
    _revive(victim, harm)
    eventually(lambda: status(swarmd, "node-2") == "Healthy")
    lives = "exited" if harm == "kill" else "running"
    eventually(lambda: docker.state(name) == lives)
    docker("rm", "-f", name)


def _revive(engine: Engine, harm: str) -> None:
    if harm == "kill":
        engine.start()
    elif harm == "freeze":
        engine.thaw()
    else:
        engine.machine.heal()


@pytest.mark.parametrize("harm", ["kill", "freeze", "cut"])
def test_requests_under_way_end_with_the_node_named(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str, harm: str
) -> None:
    """A call that has been sent and never answered must not hang."""
    run_on(docker, "node-2", name)
    with docker.running("stop", "-t", "30", name) as stop:
        (victim.machine.cut if harm == "cut" else getattr(victim, harm))()
        if harm == "kill":
            assert stop.wait() != 0
            assert "node-2" in stop.err
        assert "node-2" in refusal(docker, "top", name)
    _revive(victim, harm)
    eventually(lambda: status(swarmd, "node-2") == "Healthy")


def test_streams_of_a_killed_engine_end(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    run_on(docker, "node-2", name)
    with ExitStack() as stack:
        attach, logs, wait, sh = (
            stack.enter_context(docker.running(*args))
            for args in (
                ("attach", name),
                ("logs", "-f", name),
                ("wait", name),
                ("exec", "-i", name, "cat"),
            )
        )
        sh.send(b"there\n")
        sh.expect("there")
        victim.kill()
        assert [stream.wait() is not None for stream in (attach, logs, wait, sh)] == [True] * 4
        assert wait.process.returncode != 0 or wait.out.strip() != "0"


def test_no_engine_left(
    swarmd_for: Callable[..., Swarmd], victim: Engine, tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for([victim])
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    victim.kill()
    eventually(lambda: swarmd.healthy() == [])
    assert "No healthy node available in the cluster" in refusal(docker, "create", "busybox")
    assert docker("ps", "-a", "-q").text == ""
    assert swarmd.api.call("GET", "/_ping").body == b"OK"


def test_engine_that_is_not_there_at_the_start(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, victim: Engine
) -> None:
    victim.kill()
    swarmd = swarmd_for(healthy=2)
    row = swarmd.nodes()[victim.address]
    assert row["Status"] == "Pending"
    eventually(lambda: swarmd.nodes()[victim.address].get("Error"))
    victim.start()
    eventually(lambda: len(swarmd.healthy()) == 3)


def test_renamed_and_relabelled_engine(swarmd: Swarmd, docker: Docker, victim: Engine) -> None:
    try:
        victim.stop()
        victim.machine.run("hostname", "newcomer")
        victim.start("--label", "colour=red")
        eventually(lambda: status(swarmd, "newcomer") == "Healthy")
        made = docker("create", "-e", "constraint:colour==red", "busybox").text
        assert docker("inspect", "-f", "{{.Node.Name}}", made).text == "newcomer"
        assert "node-2" not in swarmd.nodes()
    finally:
        victim.stop()
        victim.machine.run("hostname", "node-2")


def test_duplicate_address(swarmd_for: Callable[..., Swarmd], fleet: Fleet) -> None:
    """One engine under two addresses is one engine; the second line says why it is refused."""
    engine = fleet["node-1"]
    swarmd = swarmd_for([engine, f"unix://{engine.socket}"], healthy=1)

    def refused() -> list[dict[str, str]]:
        table = swarmd.nodes().values()
        return [row for row in table if row["Status"] == "Pending" and row.get("Error")]

    (row,) = eventually(refused)
    assert "node-1" in row["Error"] or "duplicate" in row["Error"].lower()
    assert swarmd.info()["NCPU"] == engine.local.get("/info")["NCPU"]


def test_engines_on_unix_sockets(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, tmp_path: Path
) -> None:
    swarmd = swarmd_for([f"unix://{engine.socket}" for engine in fleet])
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    assert docker("run", "-i", "--rm", "busybox", "cat", input=b"abc").out == b"abc"


def test_hosts_file_is_edited_while_a_stream_runs(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, tmp_path: Path, name: str
) -> None:
    one, two, three = fleet
    swarmd = swarmd_for([one, two])
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    run_on(docker, "node-1", name)
    run_on(docker, "node-2", f"{name}-leaving")
    with docker.running("attach", name) as stay, docker.running("attach", f"{name}-leaving") as go:
        for stream in (stay, go):
            stream.send(b"before\n")
            stream.expect("before")
        swarmd.list_engines([one, f"{two.address} not a label", three])
        eventually(lambda: sorted(swarmd.healthy()) == ["node-1", "node-2", "node-3"])
        stays = f"no engine leaves before that is mended: {two.address} stays"
        assert any(stays in each for each in swarmd.info()["Warnings"])
        assert stays in swarmd.log.read_text()
        swarmd.list_engines([one, three])
        eventually(lambda: sorted(swarmd.healthy()) == ["node-1", "node-3"])
        assert docker.names("-a") == [name]
        stay.send(b"after\n")
        stay.expect("after")
        assert go.process.poll() is None
    assert f"{swarmd.hosts}:3" in swarmd.log.read_text() or "line 3" in swarmd.log.read_text()
    assert len(two.containers()) == 1


def test_hosts_file_by_signal(swarmd_for: Callable[..., Swarmd], fleet: Fleet) -> None:
    swarmd = swarmd_for([fleet["node-1"]])
    swarmd.list_engines(fleet)
    swarmd.reread()
    eventually(lambda: len(swarmd.healthy()) == 3)


def test_hosts_file_that_vanishes_changes_nothing(swarmd: Swarmd) -> None:
    swarmd.hosts.unlink()
    swarmd.reread()
    swarmd.wait_for_log(f"cannot read hosts file {swarmd.hosts}")
    assert len(swarmd.healthy()) == 3


def test_killed_with_fifty_containers_and_open_attaches(
    swarmd: Swarmd, docker: Docker, fleet: Fleet
) -> None:
    def run(number: int) -> str:
        body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True}
        made = swarmd.api.post(f"/containers/create?name=c{number}", body)
        swarmd.api.post(f"/containers/{made['Id']}/start")
        return str(made["Id"])

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(run, range(50)))
    with ExitStack() as stack:
        streams = [stack.enter_context(docker.running("attach", f"c{i}")) for i in range(5)]
        for stream in streams:
            stream.send(b"here\n")
            stream.expect("here")
        swarmd.kill()
        for stream in streams:
            stream.wait()
    swarmd.start(3)
    eventually(lambda: len(docker("ps", "-q").lines) == 50)
    assert set(docker("ps", "-q", "--no-trunc").lines) == made
    assert docker("logs", "c3").out == b"here\n"
    assert docker("exec", "c40", "echo", "alive").out == b"alive\n"
    docker("rm", "-f", *(f"c{number}" for number in range(50)))
    assert docker.names("-a") == []


def test_exec_that_began_before_a_restart(swarmd: Swarmd, docker: Docker, name: str) -> None:
    run_on(docker, "node-3", name)
    made = swarmd.api.post(f"/containers/{name}/exec", {"Cmd": ["echo", "x"], "AttachStdout": True})
    swarmd.kill()
    swarmd.start(3)
    assert swarmd.api.get(f"/exec/{made['Id']}/json")["ID"] == made["Id"]


def test_events_missed_while_cut_off_are_made_up_for(
    swarmd: Swarmd, docker: Docker, victim: Engine, name: str
) -> None:
    victim.machine.cut()
    eventually(lambda: status(swarmd, "node-2") == "Unhealthy")
    made = victim.local.post(f"/containers/create?name={name}", {"Image": "busybox"})
    victim.machine.heal()
    eventually(lambda: docker.names("-a") == [name])
    assert docker("inspect", "-f", "{{.Id}}", name).text == made["Id"]


def test_stop_is_prompt_with_open_streams(
    swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for()
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    run_on(docker, "node-1", name)
    with docker.running("attach", name) as attach, docker.running("events") as events:
        attach.send(b"here\n")
        attach.expect("here")
        began = time.monotonic()
        assert swarmd.stop()
        assert time.monotonic() - began < 20
        attach.wait()
        events.wait()
