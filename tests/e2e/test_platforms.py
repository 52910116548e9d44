"""Images of several platforms, in containerd stores that have all of them or some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.image import index_archive
from tests.lab.packages import Missing
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

BOTH = ("amd64", "arm64")


@pytest.fixture(scope="module")
def swarmd(containerd_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), containerd_fleet)
    try:
        swarmd.start(2)
        yield swarmd
    finally:
        swarmd.close()


@pytest.fixture
def docker(swarmd: Swarmd, containerd_fleet: Fleet, tmp_path: Path) -> Iterator[Docker]:
    try:
        yield newest_docker(swarmd.url, tmp_path)
    except Missing as why:
        pytest.skip(f"no newer CLI: {why}")
    containerd_fleet.remove_all()


def test_a_node_that_has_the_image_for_the_platform_runs_it(
    docker: Docker, containerd_fleet: Fleet
) -> None:
    """Its busybox is this machine's own, so it does run."""
    containerd_fleet["node-1"].load(index_archive("held:1", BOTH[:1], BOTH))
    containerd_fleet["node-2"].load(index_archive("held:1", BOTH))
    eventually(lambda: docker("images", "-q", "held:1").lines)
    run = ("run", "-d", "--pull", "never", "--platform")
    for _ in range(2):
        made = docker(*run, "linux/arm64", "held:1", "sleep", "60").text
        assert docker.inspect(made)["Node"]["Name"] == "node-2"
        assert docker("exec", made, "cat", "/made-for").text == "arm64"
    made = docker(*run, "linux/amd64", "held:1", "sleep", "60").text
    assert docker.inspect(made)["Node"]["Name"] == "node-1"
    assert "is linux/amd64" in docker(*run, "linux/s390x", "held:1", status=125).error
