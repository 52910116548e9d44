"""A volume driver whose store all engines share.

It has engines of its own: once a driver is gone, each list of volumes takes an engine 15 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Answer
from tests.lab.volume_plugin import Store, served
from tests.lab.waiting import eventually
from tests.lab.wire import Wire

pytestmark = pytest.mark.fleet


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    fleet = Fleet(3)
    try:
        fleet.up()
        yield fleet
    finally:
        fleet.down()


@pytest.fixture
def store(fleet: Fleet, tmp_path: Path) -> Iterator[Store]:
    folder = tmp_path / "store"
    folder.mkdir()
    with served(folder, fleet.plugins) as store:
        yield store


@pytest.fixture
def docker(fleet: Fleet, tmp_path: Path) -> Iterator[Docker]:
    swarmd = Swarmd(tmp_path / "swarmd", fleet)
    try:
        swarmd.start(3)
        yield Docker(command_lines()[0], swarmd.url, None, tmp_path)
    finally:
        swarmd.close()


def test_a_driver_of_scope_global(
    fleet: Fleet, store: Store, docker: Docker, tmp_path: Path
) -> None:
    """Its volumes are everywhere: listed once, used from all nodes, bound to none."""
    docker("volume", "create", "--driver", store.name, "shared")
    for rank in (1, 2, 3):
        here = ("-e", f"constraint:rank=={rank}", "-v", "shared:/data", "busybox")
        docker("run", "--rm", *here, "sh", "-c", f"echo {rank} >> /data/seen")
    assert (tmp_path / "store/shared/seen").read_text().split() == ["1", "2", "3"]
    for engine in fleet:
        assert "shared" in [one["Name"] for one in engine.local.get("/volumes")["Volumes"]]
    assert docker("volume", "ls", "-q").lines == ["shared"]
    shown = docker("volume", "inspect", "-f", "{{.Scope}} {{.Driver}} {{.Name}}", "shared")
    assert shown.text == f"global {store.name} shared"
    _in_use_until_its_last_container_goes(docker)
    docker("volume", "rm", "shared")
    assert docker("volume", "ls", "-q").lines == []
    assert list((tmp_path / "store").iterdir()) == []
    assert set(store.mounts.values()) == {0}


def _in_use_until_its_last_container_goes(docker: Docker) -> None:
    sleep = ("run", "-d", "-v", "shared:/data", "busybox", "sleep", "600")
    made = [docker(*sleep).text for _ in range(3)]
    assert len({docker.inspect(one)["Node"]["Name"] for one in made}) == 3
    docker("rm", "-f", *made[:2])
    assert "volume is in use" in docker.fails("volume", "rm", "shared")
    assert docker("volume", "ls", "-q", "--filter", "dangling=true").lines == []
    docker("rm", "-f", made[2])
    assert docker("volume", "ls", "-q", "--filter", "dangling=true").lines == ["shared"]


def test_a_create_that_outlives_its_connection(fleet: Fleet, store: Store, tmp_path: Path) -> None:
    """The engine waits for the driver: no list shows the container, and all of it is taken."""
    with ExitStack() as stack:
        wires = [stack.enter_context(closing(Wire(engine.address))) for engine in fleet]
        swarmd = Swarmd(tmp_path / "behind", [wire.address for wire in wires])
        stack.callback(swarmd.close)
        swarmd.start(3)
        stack.callback(store.gate.set)
        store.gate.clear()
        answer = _cut_off(swarmd, store, wires[0])
        assert answer.status == 503 and "is unknown" in answer.message
        eventually(lambda: len(swarmd.healthy()) == 3, what="node-1 is back")
        assert fleet["node-1"].local.get("/containers/json?all=1") == []
        again = swarmd.api.call("POST", "/containers/create?name=slow", {"Image": "busybox"})
        assert (again.status, _under_way(swarmd)) == (409, 1)
        store.gate.set()
        eventually(lambda: _under_way(swarmd) == 0, what="the create is settled")
        shown = [one["Names"] for one in swarmd.api.get("/containers/json?all=1")]
        assert len(shown) == 1 and "/node-1/slow" in shown[0]


def _cut_off(swarmd: Swarmd, store: Store, wire: Wire) -> Answer:
    """The answer to a create whose node is lost while the driver is at its volume."""
    driver = {"VolumeOptions": {"DriverConfig": {"Name": store.name}}}
    mount = {"Type": "volume", "Source": "slow", "Target": "/data", **driver}
    body = {
        "Image": "busybox",
        "Env": ["constraint:node==node-1"],
        "HostConfig": {"Mounts": [mount]},
    }
    with ThreadPoolExecutor(1) as pool:
        path = "/containers/create?name=slow"
        made = pool.submit(swarmd.api.call, "POST", path, body, timeout=120)
        assert store.waiting.wait(60)
        wire.refuse()
        answer = made.result(120)
    wire.heal()
    return answer


def _under_way(swarmd: Swarmd) -> int:
    body = swarmd.api.call("GET", "/swarmd/metrics").body.decode()
    (line,) = (line for line in body.splitlines() if line.startswith("swarmd_creates_under_way"))
    return int(float(line.split()[1]))
