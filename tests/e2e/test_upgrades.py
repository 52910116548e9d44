"""Restarts under load: no stream that ends in time is lost, no call is answered with an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.registries import pushed, registry  # noqa: F401 - fixtures
from tests.e2e.upgrading import Crowd
from tests.lab.cli import Docker
from tests.lab.engines import Fleet
from tests.lab.sshd import EngineSshd
from tests.lab.unit import Unit
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet
CLIENTS = {"create": 12, "log": 12, "attach": 10, "exec": 10, "build": 3, "pull": 3}


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
