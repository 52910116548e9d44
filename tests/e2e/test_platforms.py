"""Images of several platforms, in containerd stores that have all of them or some."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.registries import serving
from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.image import index_archive
from tests.lab.packages import Missing
from tests.lab.registry import Registry
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

BOTH = ("amd64", "arm64")
OTHERS = ("ppc64le", "riscv64")  # of which no store has the content through another image


@pytest.fixture(scope="module")
def swarmd(containerd_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), containerd_fleet)
    try:
        swarmd.start(2)
        yield swarmd
    finally:
        swarmd.close()


@pytest.fixture(scope="module")
def registry(
    containerd_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    yield from serving(containerd_fleet, tmp_path_factory.mktemp("registry"), private=False)


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
        made = docker(*run, "linux/arm64", "held:1", "sleep", "600").text
        assert docker.inspect(made)["Node"]["Name"] == "node-2"
        assert docker("exec", made, "cat", "/made-for").text == "arm64"
    made = docker(*run, "linux/amd64", "held:1", "sleep", "600").text
    assert docker.inspect(made)["Node"]["Name"] == "node-1"
    assert "is linux/amd64" in docker(*run, "linux/s390x", "held:1", status=125).error


def test_saved_and_pushed_whole_or_not_at_all(
    docker: Docker, containerd_fleet: Fleet, registry: Registry
) -> None:
    first, second = containerd_fleet
    whole, split = (f"{registry.address}/{name}:1" for name in ("whole", "split"))
    first.load(index_archive("whole:1", BOTH[:1], BOTH))
    second.load(index_archive("whole:1", BOTH))
    first.load(index_archive("split:1", OTHERS[:1], OTHERS))
    second.load(index_archive("split:1", OTHERS[1:], OTHERS))
    for engine in containerd_fleet:
        for name in (whole, split):
            short = name.rpartition("/")[2]
            engine.local.post(f"/images/{short}/tag?repo={name.rpartition(':')[0]}&tag=1")
    eventually(lambda: docker("images", "-q", split).lines and docker("images", "-q", whole).lines)
    assert _saved(docker("save", whole).out) == set(BOTH)
    assert _saved(docker("save", "--platform", "linux/riscv64", split).out) == {"riscv64"}
    assert "node-1 has linux/ppc64le; node-2 has linux/riscv64" in docker.fails("save", split)
    assert "node-1 has linux/ppc64le; node-2 has linux/riscv64" in docker.fails("push", split)
    assert "only the available" not in docker("push", whole).text
    for name in (whole, "whole:1"):
        docker("rmi", "-f", name)
    docker("pull", "--platform", "linux/arm64", whole)
    assert docker("run", "--rm", "--platform", "linux/arm64", whole, "cat", "/made-for").text


def _saved(archive: bytes) -> set[str]:
    """The architectures of which there is all in it."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        blobs = {
            member.name.rpartition("/")[2]: file.read()
            for member in tar
            if (file := tar.extractfile(member)) is not None
        }
    configs = [json.loads(one) for one in blobs.values() if one.startswith(b'{"architecture"')]
    return {
        config["architecture"]
        for config in configs
        if all(one.removeprefix("sha256:") in blobs for one in config["rootfs"]["diff_ids"])
    }


def test_baked_at_once(docker: Docker, tmp_path: Path) -> None:
    """One target is another's base, within one call."""
    folders = {"base": "FROM busybox\nRUN echo base > /b\n", "app": "FROM base\nRUN cat /b\n"}
    for name, dockerfile in folders.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(dockerfile)
    targets = {
        name: {"context": str(tmp_path / name), "tags": [f"baked-{name}"]} for name in folders
    }
    targets["app"]["contexts"] = {"base": "target:base"}
    file = tmp_path / "bake.json"
    file.write_text(json.dumps({"group": {"default": {"targets": [*folders]}}, "target": targets}))
    docker("buildx", "bake", "--allow", "fs.read=*", "-f", str(file))
    for name in folders:
        assert docker("run", "--rm", "--pull", "never", f"baked-{name}", "cat", "/b").text == "base"
