"""Restarts under load: no stream that ends in time is lost, no call is answered with an error."""

from __future__ import annotations

import io
import signal
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.e2e.registries import pushed, registry  # noqa: F401 - fixtures
from tests.e2e.upgrading import COUNT, LINES, Crowd
from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.engines import Fleet
from tests.lab.packages import Missing
from tests.lab.sshd import EngineSshd
from tests.lab.unit import Unit
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet
CLIENTS = {"create": 12, "log": 12, "attach": 10, "exec": 10, "build": 3, "pull": 3}
BIG = 200 << 20  # bytes


@pytest.fixture
def unit(fleet: Fleet, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Unit]:
    tls = fleet.client if getattr(request, "param", "") == "tls" else None
    plain = ("--no-engine-tls",) if tls is not None else ()
    options = ("--state-dir", str(tmp_path), *plain)
    unit = Unit(tmp_path / "unit", fleet, tls=tls, options=options)
    try:
        unit.start(len(fleet.engines))
        yield unit
    finally:
        unit.close()
        fleet.remove_all()


def _restarted(unit: Unit, crowd: Crowd, many: int) -> None:
    crowd.start(CLIENTS)
    try:
        for _ in range(many):
            unit.restart()
    finally:
        crowd.stop()
    print(f"{unit.starts - 1} restarts: {dict(crowd.done)}, over one: {dict(crowd.spanning)}")
    print(*crowd.failures, sep="\n")
    assert crowd.failures == []
    assert set(crowd.done) == set(CLIENTS)
    assert crowd.spanning["log"] and crowd.spanning["attach"] and crowd.spanning["exec"]
    eventually(lambda: unit.processes() == [unit.pid], 30, what="the end of the processes before")


@pytest.mark.soak
def test_two_restarts_under_fifty_clients(unit: Unit, pushed: str) -> None:  # noqa: F811
    _restarted(unit, Crowd(unit.url, unit.tls, lambda: unit.starts, pushed), 2)


@pytest.mark.soak
def test_twenty_restarts_under_fifty_clients(unit: Unit, pushed: str) -> None:  # noqa: F811
    _restarted(unit, Crowd(unit.url, unit.tls, lambda: unit.starts, pushed), 20)


@pytest.mark.soak
@pytest.mark.parametrize("unit", ["tls"], indirect=True)
def test_ten_restarts_with_tls(unit: Unit, pushed: str) -> None:  # noqa: F811
    _restarted(unit, Crowd(unit.url, unit.tls, lambda: unit.starts, pushed), 10)


def test_a_stream_by_ssh_goes_on_to_its_end(fleet: Fleet, tmp_path: Path) -> None:
    """Its ssh belongs to a process that has ended, as far as systemd knows."""
    sshd = EngineSshd(fleet["node-1"], tmp_path / "sshd")
    sshd.start()
    options = ("--ssh-known-hosts", str(sshd.known_hosts), "--ssh-key", str(sshd.key))
    unit = Unit(tmp_path / "unit", [sshd.url], options=options)
    try:
        unit.start(1)
        docker = Docker("/usr/bin/docker", unit.url, home=tmp_path)
        waits = "echo up; until [ -e /go ]; do sleep 0.1; done; echo after"
        docker("run", "-d", "--name", "waits", "busybox", "sh", "-c", waits)
        with docker.running("logs", "-f", "waits") as log:
            log.expect("up")
            unit.restart(1)
            docker("exec", "waits", "touch", "/go")
            log.expect("after")
            assert log.wait(30) == 0
    finally:
        unit.close()
        sshd.kill()
        fleet.remove_all()


def _packed(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


@pytest.mark.soak
def test_what_docker_has_open_goes_on(unit: Unit, tmp_path: Path) -> None:
    """Each is begun before a change, and ends behind it."""
    docker = Docker("/usr/bin/docker", unit.url, home=tmp_path)
    for name in ("box", "other"):  # an engine copies from or to a container, one at a time
        docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    docker("exec", "box", "dd", "if=/dev/zero", "of=/big", "bs=1M", f"count={BIG >> 20}")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN sleep 20; date > /it\nCOPY it /in\n")
    (tmp_path / "it").write_text("what the session brings")
    docker("run", "-d", "--name", "log", "busybox", "sh", "-c", COUNT)
    kits = [docker.having(DOCKER_BUILDKIT="1")]
    with suppress(Missing):
        kits.append(newest_docker(unit.url, tmp_path))
    steps = [("build", "--no-cache", "-t", f"app:{number}") for number in range(len(kits))]
    with ExitStack() as stack:
        shell = stack.enter_context(docker.terminal("exec", "-it", "box", "sh"))
        shell.type("echo $((40 + 1))\n")
        shell.expect("41")
        said = stack.enter_context(docker.running("logs", "-f", "log"))
        events = stack.enter_context(docker.running("events"))
        out = stack.enter_context(docker.running("cp", "box:/big", "-"))
        into = stack.enter_context(docker.running("cp", "-", "other:/tmp"))
        builds = [
            stack.enter_context(kit.running(*step, str(tmp_path)))
            for kit, step in zip(kits, steps, strict=True)
        ]
        archive = _packed("half", bytes(BIG))
        into.send(archive[: BIG // 2])
        eventually(lambda: len(out.out) > 1 << 20, what="the start of a copy")
        out.process.send_signal(signal.SIGSTOP)
        for build in builds:
            eventually(lambda one=build: "sleep 20" in one.err + one.out, 60, what="a step")
        first = unit.pid
        unit.restart()
        assert unit.pid != first and not [
            each for each in builds if each.process.poll() is not None
        ]
        out.process.send_signal(signal.SIGCONT)
        into.send(archive[BIG // 2 :])
        into.end_input()
        shell.type("echo $((40 + 2)); exit 7\n")
        shell.expect("42")
        assert shell.wait() == 7
        assert out.wait(120) == 0 and len(out.out) > BIG
        assert into.wait(120) == 0, into.err
        assert docker("exec", "other", "stat", "-c", "%s", "/tmp/half").text == str(BIG)
        for build in builds:
            assert build.wait(120) == 0, build.err
        for *_, name in steps:
            assert docker("run", "--rm", name, "cat", "/in").text == "what the session brings"
            docker("rmi", "-f", name)
        docker("rm", "-f", "box", "other")
        events.expect("container destroy")
        assert said.wait(120) == 0 and said.lines == [f"line-{one}" for one in range(LINES)]
