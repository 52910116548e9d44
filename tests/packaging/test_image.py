"""The image, built offline by a real engine, and run by Compose in front of real engines."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually
from tests.packaging.builds import EPOCH, TREE, Build
from tests.packaging.debian_root import bootstrap

pytestmark = pytest.mark.packaging
_WITHIN = 900.0  # seconds for a step that moves whole images, on a busy machine
_USER = 65532
_PORT = 12376


@pytest.fixture(scope="module")
def engine(tls_fleet: Fleet) -> Engine:
    return tls_fleet.engines[0]


@pytest.fixture(scope="module")
def docker(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Docker:
    """The engine itself, by its socket."""
    found = newest_docker(f"unix://{engine.socket}", tmp_path_factory.mktemp("home"))
    return found.having(DOCKER_BUILDKIT="0")


@pytest.fixture(scope="module")
def base(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Debian with Python, from this machine's mirror."""
    archive = tmp_path_factory.mktemp("base") / "base.tar"
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    bootstrap("trixie", archive, ("python3", "libstdc++6", "ca-certificates"), *excluded)
    docker("import", str(archive), "base:test", within=_WITHIN)
    archive.unlink()
    yield "base:test"
    docker("image", "rm", "-f", "base:test", status=None)


def build_image(docker: Docker, build: Build, base: str, tag: str) -> dict[str, Any]:
    """With no network, and none of the layers of another build."""
    arguments = [f"--build-arg=BASE={base}", f"--build-arg=SOURCE_DATE_EPOCH={EPOCH}"]
    offline = ["--network=none", "--no-cache", "--force-rm", "--pull=false"]
    docker("build", "-q", *offline, *arguments, "-t", tag, str(build.context), within=_WITHIN)
    (found,) = json.loads(docker("image", "inspect", tag).text)
    return dict(found)


@pytest.fixture(scope="module")
def image(docker: Docker, built: Build, base: str) -> Iterator[dict[str, Any]]:
    yield build_image(docker, built, base, "swarmd:test")
    docker("image", "rm", "-f", "swarmd:test", status=None)
    docker("image", "prune", "-f", status=None)


def test_it_is_made_to_be_run_by_nobody(image: dict[str, Any]) -> None:
    config = image["Config"]
    assert config["User"] == f"{_USER}:{_USER}"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["Entrypoint"] == ["/opt/swarmd/bin/swarmd"]


def test_two_builds_have_the_same_layers(
    docker: Docker, image: dict[str, Any], built_again: Build, base: str
) -> None:
    try:
        again = build_image(docker, built_again, base, "swarmd:again")
    finally:
        docker("image", "rm", "-f", "swarmd:again", status=None)
    assert again["RootFS"] == image["RootFS"]


def test_it_writes_nothing_and_can_do_nothing(docker: Docker, image: dict[str, Any]) -> None:
    """Without a place to write, without a network, without a capability, as any user."""
    bare = ["--rm", "--read-only", "--network=none", "--cap-drop=ALL", "--user=12345:54321"]
    said = docker("run", *bare, "swarmd:test", "--version")
    assert said.text.startswith("swarmd version ") and said.error == ""
    bill = docker("run", *bare, "--entrypoint=cat", "swarmd:test", "/opt/swarmd/sbom.cdx.json")
    assert json.loads(bill.text)["bomFormat"] == "CycloneDX"


def test_it_speaks_to_every_kind_of_store(docker: Docker, image: dict[str, Any]) -> None:
    words = ["--rm", "--network=none", "--entrypoint=/opt/swarmd/bin/python3", "swarmd:test"]
    docker("run", *words, "-I", "-c", "import swarmd.store.zookeeper.ensemble")


def test_it_makes_certificates_where_swarmd_is_not_installed(
    docker: Docker, image: dict[str, Any], tmp_path: Path
) -> None:
    """As the head of conf/compose.yaml says."""
    words = ["--rm", "-u", "0:0", "-v", f"{tmp_path}:/work", "-w", "/work", "swarmd:test"]
    said = docker("run", *words, "certs", "certs", "swarmd=door,10.0.0.9", "client=alice")
    assert "alice: new certificate" in said.text
    assert {path.name for path in (tmp_path / "certs" / "door").iterdir()} == {
        *("ca.pem", "cert.pem", "crl.pem", "key.pem")
    }


@pytest.fixture
def compose(
    docker: Docker, engine: Engine, image: dict[str, Any], tls_fleet: Fleet, tmp_path: Path
) -> Iterator[Docker]:
    """The docker CLI against the containerised swarmd, which conf/compose.yaml has started."""
    _lay_fleet(tmp_path, tls_fleet, engine)
    project = ["compose", "-p", "swarmd", "-f", str(tmp_path / "compose.yaml")]
    docker = docker.having(
        SWARMD_IMAGE="swarmd:test", SWARMD_FOLDER=str(tmp_path), SWARMD_PORT=str(_PORT)
    )
    try:
        docker(*project, "up", "-d", "--no-build", within=_WITHIN)
        yield Docker(
            docker.program, f"tcp://{engine.machine.ip}:{_PORT}", tls_fleet.client, tmp_path
        )
    finally:
        print(docker(*project, "logs", status=None).text[-3000:])
        docker(*project, "down", "-v", "-t", "20", within=_WITHIN)


def _lay_fleet(folder: Path, fleet: Fleet, engine: Engine) -> None:
    """What the head of conf/compose.yaml asks for."""
    shutil.copy(TREE / "conf" / "compose.yaml", folder)
    (folder / "fleet").mkdir()
    lines = [one.address for one in fleet]
    (folder / "fleet" / "hosts").write_text("\n".join(lines) + "\n")
    mine = fleet.authority.issue("swarmd-in-a-container", (engine.machine.ip,))
    (folder / "tls").mkdir()
    for name, source in (("ca", mine.ca), ("cert", mine.cert), ("key", mine.key)):
        shutil.copy(source, folder / "tls" / f"{name}.pem")
        os.chown(folder / "tls" / f"{name}.pem", _USER, _USER)
    for place in (folder, *folder.parents):
        if place.is_relative_to("/tmp") and place != Path("/tmp"):
            place.chmod(0o755)


def test_compose_brings_up_a_fleet(
    compose: Docker, docker: Docker, tls_fleet: Fleet, tmp_path: Path
) -> None:
    def ready() -> bool:
        return f"Nodes: {len(tls_fleet.engines)}" in compose("info", status=None).text

    eventually(ready, 120, what="the containerised swarmd sees the fleet")
    assert compose("run", "--rm", "busybox", "echo", "served").text == "served"
    (name,) = docker("ps", "-q", "--filter", "ancestor=swarmd:test").lines
    health = "{{.State.Health.Status}}"
    eventually(lambda: docker("inspect", "-f", health, name).text == "healthy", 120, what="healthy")
    state = json.loads(docker("inspect", name).text)[0]
    assert state["HostConfig"]["ReadonlyRootfs"] and state["HostConfig"]["CapDrop"] == ["ALL"]
    (tmp_path / "fleet" / "hosts").write_text(f"{tls_fleet.engines[0].address}\n")
    eventually(lambda: "Nodes: 1" in compose("info").text, 60, what="an edited hosts file counts")
