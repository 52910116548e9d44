"""``swarmd join``, on a store in memory. On real ones: tests/e2e/test_discovery.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError
from swarmd.registration.join import Registration, keep, registration
from swarmd.store.memory import MemoryServer, MemoryStore

KEY = "docker/swarm/nodes/10.0.0.1:2375"


def wanted(line: str) -> Registration:
    return registration(Arguments.parse(line.split(), "join"))


def test_words() -> None:
    found = wanted("--advertise 10.0.0.1:2375 --name one --label zone=east etcd://a/p")
    assert str(found.store) == "etcd://a:2379/p"
    assert found.line == "10.0.0.1:2375 name=one zone=east"
    assert (found.ttl, found.heartbeat, found.delay) == (180, 60, 0)
    found = wanted(
        "--addr [::1]:1 --ttl 9s --heartbeat 3s --delay 1m --discovery-opt kv.path=x zk://a"
    )
    assert (found.ttl, found.heartbeat, found.delay) == (9, 3, 60)
    assert found.registry.key(found.address) == "x/[::1]:1"


@pytest.mark.parametrize("value", ["a b", 'a"b', "a\\b", "a#b", "'"])
def test_labels_are_quoted(value: str) -> None:
    given = Arguments.parse(["--addr=h:1", "--label", f"x={value}", "etcd://a"], "join")
    from swarmd.discovery.hosts_file import parse_line

    assert parse_line(registration(given).line, 0)[0].labels == {"x": value}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("--addr a:1", "join takes one DISCOVERY"),
        ("--addr a:1 nodes://a", "join takes one DISCOVERY"),
        ("etcd://a", "missing mandatory --advertise HOST:PORT"),
        ("--addr a etcd://a", "--advertise should be of the form ip:port or hostname:port"),
        ("--addr a:0 etcd://a", "a:0"),
        ("--addr http://a:1 etcd://a", "http://a:1"),
        ("--addr a:1 --ttl 60s etcd://a", "--ttl has to be longer than --heartbeat"),
        ("--addr a:1 --heartbeat 0s etcd://a", "a second at least"),
        ("--addr a:1 --ttl x etcd://a", "--ttl: "),
        ("--addr a:1 --label x etcd://a", "'x' is not key=value"),
        ("--addr a:1 --discovery-opt x etcd://a", "--discovery-opt: 'x' is not KEY=VALUE"),
        ("--addr a:1 etcd://", "an endpoint without a host"),
    ],
)
def test_wrong_words(line: str, why: str) -> None:
    with pytest.raises(CommandError) as caught:
        wanted(line)
    assert why in str(caught.value)


class Rig:
    """Attributes:
    said: What the user reads.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = MemoryServer(self.clock)
        self.store = MemoryStore(self.server)
        self.said: list[str] = []
        line = "--addr 10.0.0.1:2375 --label zone=east --delay 1s etcd://a"
        work = keep(self.clock, self.store, wanted(line), self.said.append)
        self.work = Deferred.fromCoroutine(work)
        self.clock.advance(1)

    @property
    def value(self) -> bytes:
        entry = self.server.entries.get(KEY)
        return b"" if entry is None else entry.value


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.work.addErrback(lambda failure: failure.trap(CancelledError) and None)
    rig.work.cancel()


def test_it_is_there_while_this_runs(rig: Rig) -> None:
    assert rig.value == b"10.0.0.1:2375 zone=east"
    rig.clock.advance(600)
    assert rig.said == ["10.0.0.1:2375 is registered in memory://"]
    Deferred.fromCoroutine(rig.store.close())
    assert rig.value == b""


def test_what_somebody_removes_comes_back(rig: Rig) -> None:
    del rig.server.entries[KEY]
    rig.clock.advance(60)
    assert rig.value == b"10.0.0.1:2375 zone=east"


def test_a_store_that_was_gone_for_long_has_it_again(rig: Rig) -> None:
    rig.store.cut("gone")
    rig.clock.pump([10] * 20)
    assert rig.value == b""
    assert rig.said[1:] == ["gone"]
    rig.store.heal()
    rig.clock.advance(5)
    assert rig.value == b"10.0.0.1:2375 zone=east"
    assert len(rig.said) == 3
