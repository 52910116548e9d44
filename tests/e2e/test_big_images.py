"""Large uploads to all nodes at once: memory, pace, and what happens when a node hangs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.e2e.registries import tidy  # noqa: F401 - a fixture
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.fleet, pytest.mark.usefixtures("tidy")]

MIB = 1 << 20
SIZE = 64 * MIB


@pytest.fixture
def archive(docker: Docker, name: str, tmp_path: Path) -> Path:
    """Of image ``big:1``, which no node has any more."""
    fill = f"dd if=/dev/urandom of=/big bs=1M count={SIZE // MIB}"
    docker("run", "--name", name, "busybox", "sh", "-c", fill)
    docker("commit", name, "big:1")
    docker("rm", name)
    path = tmp_path / "big.tar"
    docker("save", "-o", str(path), "big:1")
    docker("rmi", "big:1")
    assert path.stat().st_size > SIZE
    return path


def peak(swarmd: Swarmd | None) -> int:
    """The most memory that it ever had, in bytes."""
    assert swarmd is not None and swarmd.pid
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{swarmd.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def holders(host: Host) -> list[str]:
    return [
        engine.name
        for engine in host.fleet
        for image in engine.local.get("/images/json")
        if "big:1" in (image["RepoTags"] or ())
    ]


@pytest.mark.parametrize("host", ["plain", "tls"], indirect=True)
def test_an_upload_passes_through_little_memory(docker: Docker, host: Host, archive: Path) -> None:
    before = peak(host.swarmd)
    docker("load", "-i", str(archive))
    assert holders(host) == [engine.name for engine in host.fleet]
    assert peak(host.swarmd) - before < 24 * MIB


def test_a_node_that_hangs_drops_out(docker: Docker, host: Host, archive: Path) -> None:
    frozen = host.fleet["node-3"]
    frozen.freeze()
    try:
        result = docker("load", "-i", str(archive), status=None)
    finally:
        frozen.thaw()
    assert result.status == 1 and "node-3: " in result.error
    assert "Loaded on 2 of 3 nodes" in result.error
    assert holders(host) == ["node-1", "node-2"]
    host.wait_until_clean()


def test_a_client_that_gives_up(docker: Docker, host: Host, archive: Path) -> None:
    before = image_ids(host)
    with docker.running("load") as load:
        load.send(archive.read_bytes()[: SIZE // 2])
        load.process.kill()
    eventually(lambda: holders(host) == [] and image_ids(host) == before)


def image_ids(host: Host) -> set[str]:
    return {image["Id"] for image in host.api.get("/images/json")}
