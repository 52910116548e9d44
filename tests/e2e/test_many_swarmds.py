"""Several swarmds that agree through a real etcd: one book, one leader, nothing done twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.stores import (
    StoreMember,
    consul_member,
    etcd_members,
    started,
    zookeeper_member,
)
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet
TTL = 5
ALL = "/containers/json?all=1"
ON = {"com.docker.swarm.reschedule-policies": '["on-node-failure"]'}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreMember]:
    (member,) = started(etcd_members(tmp_path_factory.mktemp("etcd")))
    yield member
    member.stop()


class Pair:
    """Two swarmds; which of them leads may change."""

    def __init__(
        self, folder: Path, fleet: Fleet, store: StoreMember, scheme: str = "etcd"
    ) -> None:
        options = ("--store", f"{scheme}://{store.place}/{folder.name}", "--store-ttl", f"{TTL}s")
        lost = ("--reschedule", "on-node-failure", "--reschedule-grace", "2s")
        self.fleet = fleet
        self.swarmds = [Swarmd(folder / n, fleet, options=(*options, *lost)) for n in ("a", "b")]

    def start(self) -> None:
        for swarmd in self.swarmds:
            swarmd.start(len(self.fleet.engines))
        eventually(lambda: self.leader_of(self.swarmds[0]) and self.leader_of(self.swarmds[1]))

    def leader_of(self, asked: Swarmd) -> str:
        found = asked.api.get("/swarmd/managers")
        return next((each["Address"] for each in found if each["Leader"]), "")

    @property
    def roles(self) -> tuple[Swarmd, Swarmd]:
        """The leader, and the other one."""
        one, other = self.swarmds
        return (one, other) if self.leader_of(one) == one.url else (other, one)

    def close(self) -> None:
        for swarmd in self.swarmds:
            swarmd.close()


@pytest.fixture(scope="module")
def both(
    fleet: Fleet, store: StoreMember, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("many"), fleet, store)
    try:
        pair.start()
        yield pair
    finally:
        pair.close()


@pytest.fixture
def pair(both: Pair, fleet: Fleet) -> Iterator[Pair]:
    for swarmd in both.swarmds:
        if not swarmd.running():
            swarmd.start(len(fleet.engines))
    yield both
    fleet.reset()
    fleet.remove_all()


def run(swarmd: Swarmd, name: str, labels: dict[str, str] | None = None) -> str:
    """On node-1; it takes a second to end."""
    body = {
        **{"Image": "busybox", "Cmd": ["sh", "-c", "trap '' TERM; sleep 1000"], "StopTimeout": 1},
        **{"Labels": labels or {}, "Env": ["constraint:node==~node-1"]},
    }
    made = str(swarmd.api.post(f"/containers/create?name={name}", body)["Id"])
    swarmd.api.post(f"/containers/{made}/start")
    return made


def node(swarmd: Swarmd, name: str = "node-1") -> dict[str, Any]:
    return dict(swarmd.api.get(f"/swarmd/nodes/{name}"))


def intent(swarmd: Swarmd) -> tuple[str, dict[str, str]]:
    found = node(swarmd)
    return found["Availability"], found["OperatorLabels"]


def where(swarmd: Swarmd) -> dict[str, str]:
    """Name -> state of all containers."""
    return {one["Names"][0].rpartition("/")[2]: one["State"] for one in swarmd.api.get(ALL)}


def really(fleet: Fleet) -> list[str]:
    """What engines have, asked themselves: NODE/NAME:STATE."""
    return sorted(
        f"{engine.name}{one['Names'][0]}:{one['State']}"
        for engine in fleet.engines
        if engine.running()
        for one in engine.local.get(ALL)
    )


def test_what_is_said_to_one_counts_at_the_other(pair: Pair) -> None:
    leader, other = pair.roles
    other.api.post("/swarmd/nodes/node-1/cordon")
    leader.api.post("/swarmd/nodes/node-1/labels", {"Add": {"zone": "a"}})
    wanted = [("cordoned", {"zone": "a"})] * 2
    eventually(lambda: [intent(swarmd) for swarmd in pair.swarmds] == wanted)
    leader.api.post("/swarmd/nodes/node-1/labels", {"Remove": ["zone"]})
    leader.api.post("/swarmd/nodes/node-1/uncordon")
    eventually(lambda: node(other)["Availability"] == "active")
    roles = [swarmd.info()["SystemStatus"][0] for swarmd in (leader, other)]
    assert roles == [["Role", "primary"], ["Role", "replica"]]


@pytest.mark.soak
def test_a_drain_whose_leader_freezes_is_ended_by_the_other_and_by_nobody_else(
    pair: Pair, name: str
) -> None:
    leader, other = pair.roles
    names = [f"{name}-{number}" for number in range(6)]
    for each in names:
        run(other, each)
    eventually(lambda: set(names) <= where(leader).keys())
    with ThreadPoolExecutor() as threads:
        drain = threads.submit(other.api.call, "POST", "/swarmd/nodes/node-1/drain")
        eventually(lambda: len(where(other)) > len(names), what="the leader is at it")
        os.kill(leader.pid, signal.SIGSTOP)
        try:
            lines = [orjson.loads(line) for line in drain.result(120).body.splitlines()]
        finally:
            os.kill(leader.pid, signal.SIGCONT)
    assert lines[-1]["Done"] and lines[-1]["Failed"] == 0, lines
    done = really(pair.fleet)
    assert sorted(one.partition("/")[2] for one in done) == [f"{each}:running" for each in names]
    assert not [one for one in done if one.startswith("node-1/")]
    eventually(lambda: pair.leader_of(leader) == other.url)
    eventually(lambda: where(leader) == where(other))
    assert really(pair.fleet) == done
    other.api.post("/swarmd/nodes/node-1/uncordon")


def test_what_a_lost_node_had_is_made_again_once_though_the_leader_is_killed(
    pair: Pair, name: str
) -> None:
    leader, other = pair.roles
    old = run(leader, name, ON)
    eventually(lambda: node(other).get("Reschedulable") == [name])
    pair.fleet["node-1"].kill()
    eventually(lambda: name in node(other)["Rescheduling"])
    leader.kill()
    eventually(lambda: _runs_elsewhere(other, name, old))
    leader.start(len(pair.fleet.engines) - 1)
    pair.fleet["node-1"].heal()
    eventually(lambda: len(other.healthy()) == len(pair.fleet.engines))
    eventually(lambda: len([one for one in really(pair.fleet) if name in one]) == 1)
    eventually(lambda: all(_runs_elsewhere(one, name, old) for one in pair.swarmds))


def _runs_elsewhere(swarmd: Swarmd, name: str, old: str) -> bool:
    found = swarmd.api.call("GET", f"/containers/{name}/json")
    return found.status == 200 and found.json["Id"] != old and found.json["State"]["Running"]


def test_without_the_store_reads_go_on_and_what_is_decided_is_refused(
    pair: Pair, store: StoreMember
) -> None:
    leader, other = pair.roles
    store.stop()
    try:
        eventually(lambda: other.api.call("GET", "/readyz").status == 503, within=30)
        assert other.api.get(ALL) == []
        refused = other.api.call("POST", "/swarmd/nodes/node-1/cordon")
        assert refused.status == 503 and "cannot agree" in refused.json["message"], refused.json
        assert any("cannot agree" in text for text in leader.info()["Warnings"])
    finally:
        store.start()
    eventually(lambda: other.api.call("GET", "/readyz").status == 200, within=30)
    other.api.post("/swarmd/nodes/node-1/cordon")
    eventually(lambda: node(leader)["Availability"] == "cordoned")
    other.api.post("/swarmd/nodes/node-1/uncordon")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("scheme", "member"), [("consul", consul_member), ("zk", zookeeper_member)]
)
def test_other_stores_do_the_same(
    fleet: Fleet, tmp_path: Path, scheme: str, member: Callable[[Path], StoreMember]
) -> None:
    if scheme == "zk":
        pytest.importorskip("kazoo")
    (store,) = started([member(tmp_path / "store")])
    pair = Pair(tmp_path / "swarmds", fleet, store, scheme)
    try:
        pair.start()
        leader, other = pair.roles
        other.api.post("/swarmd/nodes/node-1/cordon")
        eventually(lambda: intent(leader)[0] == "cordoned")
        leader.kill()
        eventually(lambda: pair.leader_of(other) == other.url)
        assert intent(other)[0] == "cordoned"
        other.api.post("/swarmd/nodes/node-1/uncordon")
    finally:
        pair.close()
        store.stop()
