"""Building on what was built, committed, imported and tagged, wherever that is."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docker as dockerpy
import pytest

from tests.e2e.conftest import Host
from tests.e2e.registries import tidy  # noqa: F401 - a fixture
from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.packages import Missing

pytestmark = [pytest.mark.fleet, pytest.mark.usefixtures("tidy")]


@pytest.fixture(params=["legacy", "DOCKER_BUILDKIT=1", "buildx"])
def builder(request: pytest.FixtureRequest, docker: Docker, host: Host, tmp_path: Path) -> Docker:
    if request.param == "buildx":
        try:
            return newest_docker(host.url, tmp_path, host.tls)
        except Missing as why:
            pytest.skip(f"no newer command line here: {why}")
    docker._env["DOCKER_BUILDKIT"] = "0" if request.param == "legacy" else "1"
    return docker


def at(rank: int) -> tuple[str, str]:
    return "-e", f"constraint:rank=={rank}"


class Folder:
    """Contexts to build from."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, *lines: str, name: str = "Dockerfile") -> str:
        folder = self._root / f"context-{len(list(self._root.iterdir()))}"
        folder.mkdir()
        (folder / name).write_text("\n".join(lines))
        (folder / "aaa").write_bytes(bytes(200_000))  # more than one piece, before it
        return str(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "contexts"
    root.mkdir()
    return Folder(root)


def test_a_chain(builder: Docker, host: Host, folder: Folder, name: str) -> None:
    """Committed on each node in turn, and built on."""
    for rank in (1, 2, 3):
        box = f"{name}-{rank}"
        script = f"echo {rank} > /from-{rank}"
        builder("run", "--name", box, *at(rank), "busybox", "sh", "-c", script)
        builder("commit", box, f"cimg:{rank}")
        builder("rm", box)
    builder("tag", "cimg:3", f"tagged:{name}")
    builder("build", "-t", "first", folder("FROM cimg:1", "RUN cat /from-1"))
    builder("build", "-t", "second", folder("FROM first", f"COPY --from=tagged:{name} /from-3 /"))
    stages = ("FROM cimg:2 AS two", "FROM second", "COPY --from=two /from-2 /")
    builder("build", "-t", "third", folder(*stages))
    shown = builder("run", "--rm", "third", "sh", "-c", "cat /from-*")
    assert shown.lines == ["1", "2", "3"]
    packed = builder("export", builder("create", "third").text).out
    builder("import", "-", "imported:1", input=packed)
    builder("build", "-t", "last", folder("FROM imported:1", "RUN cat /from-2"))


def test_what_was_built_is_there_at_once(builder: Docker, folder: Folder) -> None:
    """With a name and without one, listed and run."""
    for number in (1, 2, 3):
        context = folder("FROM busybox", f"LABEL number={number}")
        named = builder("build", "-q", "-t", "at:once", context).text
        assert builder("images", "-q", "--no-trunc", "at:once").lines == [named]
        shown = builder("inspect", "-f", "{{.Config.Labels.number}}", "at:once").text
        assert shown == str(number)
        builder("run", "--rm", "at:once", "true")
        context = folder("FROM busybox", f"LABEL nameless={number}")
        nameless = builder("build", "-q", context).text
        dangling = builder("images", "-q", "--no-trunc", "-f", "dangling=true").lines
        assert nameless in dangling
        builder("run", "--rm", nameless, "true")


def test_a_constraint_moves_the_child(docker: Docker, host: Host, folder: Folder) -> None:
    for kit in ("0", "1"):
        docker._env["DOCKER_BUILDKIT"] = kit
        here, there = (("--build-arg", f"constraint:rank=={rank}") for rank in (1, 3))
        docker("build", "-t", f"base{kit}", *here, folder("FROM busybox", f"RUN echo {kit} > /k"))
        child = folder("ARG B=none", "FROM ${B}", "RUN cat /k", name="Dockerfile.child")
        args = ("-f", f"{child}/Dockerfile.child", "--build-arg", f"B=base{kit}")
        docker("build", "-t", "child", *there, *args, child)


@pytest.mark.parametrize(("packing", "encoding"), [("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz")])
def test_programs_that_pack_the_context(
    docker: Docker, host: Host, name: str, packing: Any, encoding: str
) -> None:
    docker("run", "--name", name, *at(2), "busybox", "touch", "/made")
    docker("commit", name, "cimg:z")
    docker("rm", name)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{packing}") as tar:
        files = {"aaa": bytes(300_000), "Dockerfile": b"FROM cimg:z\nRUN ls /made\n"}
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    client = dockerpy.DockerClient(base_url=host.url)
    try:
        for rank in (1, 3):
            packed.seek(0)
            client.images.build(
                fileobj=packed,
                custom_context=True,
                encoding=encoding,
                tag="zipped",
                buildargs={"constraint:rank": f"={rank}"},
            )
    finally:
        client.close()


def test_a_context_that_the_engine_fetches(host: Host, name: str) -> None:
    """Its Dockerfile is not seen; the command line fetches it itself, docker-py does not."""
    client = dockerpy.DockerClient(base_url=host.url)
    try:
        box = client.containers.run("busybox", "touch /made", name=name, detach=True)
        box.wait()
        box.commit("cimg", "r")
        box.remove()
        with serving(host, b"FROM cimg:r\nRUN ls /made\n") as url:
            for rank in (1, 2, 3):
                client.images.build(path=url, tag="got", buildargs={"constraint:rank": f"={rank}"})
    finally:
        client.close()


@contextmanager
def serving(host: Host, dockerfile: bytes) -> Iterator[str]:
    """The address of a web server on the engines' bridge."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(dockerfile)))
            self.end_headers()
            self.wfile.write(dockerfile)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    bridge = host.fleet.engines[0].machine.ip.rsplit(".", 1)[0] + ".1"
    with ThreadingHTTPServer((bridge, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{bridge}:{server.server_port}/Dockerfile"
        finally:
            server.shutdown()
            thread.join(10)


def test_composed(host: Host, folder: Folder, docker: Docker, tmp_path: Path) -> None:
    """A service that is built on another's image."""
    try:
        compose = newest_docker(host.url, tmp_path)
    except Missing as why:
        pytest.skip(str(why))
    file = ("compose", "-p", "found", "-f", str(_project(folder, tmp_path)))
    for service in ("base", "app"):
        compose(*file, "build", service)
    assert compose("run", "--rm", "found-app", "cat", "/b").text == "base"


@pytest.mark.parametrize("through_cli", ["0", "1"])
def test_composed_by_the_first_compose(
    host: Host, docker: Docker, folder: Folder, tmp_path: Path, through_cli: str
) -> None:
    """Release 1.29 builds all in one go, itself or by the command line."""
    program = shutil.which("docker-compose", path="/usr/bin")
    if program is None:
        pytest.skip("docker-compose is not installed")
    try:
        newest = Path(newest_docker(host.url, tmp_path).program)
    except Missing as why:
        pytest.skip(str(why))
    kit = {
        "DOCKER_HOST": host.url,
        "PATH": f"{newest.parent}:{os.environ['PATH']}",
        "COMPOSE_DOCKER_CLI_BUILD": through_cli,
        "DOCKER_BUILDKIT": through_cli,
    }
    file = ("-p", "found", "-f", str(_project(folder, tmp_path)))
    compose = subprocess.run(
        [program, *file, "build"], env={**docker._env, **kit}, capture_output=True, timeout=120
    )
    assert compose.returncode == 0, compose.stderr[-2000:]
    assert docker("run", "--rm", "found-app", "cat", "/b").text == "base"


def test_baked(host: Host, folder: Folder, tmp_path: Path) -> None:
    """One target after another that it is built on."""
    try:
        buildx = newest_docker(host.url, tmp_path)
    except Missing as why:
        pytest.skip(str(why))
    base = folder("FROM busybox", "RUN echo base > /b")
    app = folder("FROM found-base", "RUN cat /b")
    targets = {
        "base": {"context": base, "tags": ["found-base"]},
        "app": {"context": app, "tags": ["found-app"]},
    }
    (tmp_path / "bake.json").write_text(json.dumps({"target": targets}))
    for target in targets:
        buildx("buildx", "bake", "--allow", "fs.read=*", "-f", str(tmp_path / "bake.json"), target)
    assert buildx("run", "--rm", "found-app", "cat", "/b").text == "base"


def _project(folder: Folder, home: Path) -> Path:
    base = folder("FROM busybox", "RUN echo base > /b")
    app = folder("FROM found-base", "RUN cat /b")
    services = {
        "base": {"image": "found-base", "build": base, "command": "true"},
        "app": {
            "image": "found-app",
            "build": app,
            "command": "cat /b",
            "depends_on": ["base"],
        },
    }
    file = home / "compose.json"
    file.write_text(json.dumps({"version": "2.4", "services": services}))
    return file


@pytest.fixture(autouse=True)
def _healthy_again(host: Host) -> Iterator[None]:
    yield
    host.wait_until_clean()
