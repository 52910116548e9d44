"""Engines that a real store lists, where classic Swarm had them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.machine import OWNED
from tests.lab.stores import (
    StoreMember,
    consul_member,
    etcd_members,
    started,
    zookeeper_member,
)
from tests.lab.waiting import eventually


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "swarmd", *words]


_LONG = pytest.mark.soak  # fifteen seconds each, and they differ in the store alone


@pytest.fixture(
    params=["etcd", pytest.param("consul", marks=_LONG), pytest.param("zk", marks=_LONG)]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    makers = {
        "etcd": lambda: etcd_members(tmp_path / "store"),
        "consul": lambda: [consul_member(tmp_path / "store")],
        "zk": lambda: [zookeeper_member(tmp_path / "store")],
    }
    members: list[StoreMember] = list(started(makers[request.param]()))
    request.node.members = members
    yield f"{request.param}://{members[0].place}/lab"
    for member in members:
        member.stop()


def joined(url: str, address: str, *more: str) -> subprocess.Popen[str]:
    words = ["join", "--advertise", address, "--ttl", "12s", "--heartbeat", "2s", *more, url]
    process = subprocess.Popen((*OWNED, *command(*words)), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "is registered" not in (line := process.stdout.readline()):
        assert line, "join ended"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def test_engines_come_and_go_with_their_keys(
    url: str, fleet: Fleet, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    one, two = fleet.engines[:2]
    joins = [joined(url, one.address), joined(url, two.address, "--label", "zone=east")]
    host = Swarmd(tmp_path / "swarmd", [], discovery=url)
    try:
        host.start(healthy=2)
        assert {row["Address"] for row in host.nodes().values()} == {one.address, two.address}
        assert "zone=east" in str(host.info()["SystemStatus"])
        end(joins.pop())
        eventually(lambda: len(host.nodes()) == 1, what="one is taken off the list")
        member: StoreMember = request.node.members[0]
        member.stop()  # a store that is gone takes nobody off
        host.wait_for_log("the 1 engines known before are kept")
        assert len(host.healthy()) == 1
    finally:
        for process in joins:
            end(process)
        host.close()
