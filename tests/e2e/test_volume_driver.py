"""A volume driver whose store all engines share.

It has engines of its own: once a driver is gone, each list of volumes takes an engine 15 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.volume_plugin import Store, served

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
    sleep = ("run", "-d", "-v", "shared:/data", "busybox", "sleep", "60")
    made = [docker(*sleep).text for _ in range(3)]
    assert len({docker.inspect(one)["Node"]["Name"] for one in made}) == 3
    docker("rm", "-f", *made[:2])
    assert "volume is in use" in docker.fails("volume", "rm", "shared")
    assert docker("volume", "ls", "-q", "--filter", "dangling=true").lines == []
    docker("rm", "-f", made[2])
    assert docker("volume", "ls", "-q", "--filter", "dangling=true").lines == ["shared"]
