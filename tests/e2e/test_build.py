"""Builds: the legacy builder, BuildKit of old command lines, and buildx of new ones."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Host
from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api, connect
from tests.lab.packages import Missing
from tests.lab.waiting import eventually

DOCKERFILE = "FROM busybox\nARG Z=none\nCOPY file /file\nRUN echo $Z > /z\nLABEL made=here\n"


@pytest.fixture(autouse=True)
def no_images_left(host: Host) -> Iterator[None]:
    yield
    host.fleet.remove_all()
    for engine in host.fleet:
        for image in engine.local.get("/images/json?all=1"):
            if "busybox:latest" not in (image["RepoTags"] or ()):
                engine.local.call("DELETE", f"/images/{image['Id']}?force=1")
    eventually(lambda: len(host.api.get("/images/json")) == 1, what="only busybox is left")


@pytest.fixture
def context(tmp_path: Path) -> str:
    """A folder to build from, with more in it than fits into one packet."""
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "file").write_bytes(os.urandom(3_000_000))
    return str(folder)


@pytest.fixture
def legacy(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> Docker:
    return _with(docker, DOCKER_BUILDKIT="0")


@pytest.fixture(params=["DOCKER_BUILDKIT=1", "buildx"])
def buildkit(request: pytest.FixtureRequest, docker: Docker, host: Host, tmp_path: Path) -> Docker:
    if request.param != "buildx":
        return _with(docker, DOCKER_BUILDKIT="1")
    try:
        return newest_docker(host.url, tmp_path, host.tls)
    except Missing as why:
        pytest.skip(f"no newer command line here: {why}")


def _with(docker: Docker, **environment: str) -> Docker:
    docker._env.update(environment)
    return docker


def holders(fleet: Fleet, ref: str) -> list[str]:
    return [e.name for e in fleet if e.local.call("GET", f"/images/{ref}/json").status == 200]


@pytest.mark.fleet
def test_a_copy_of_the_build_before_is_not_what_the_name_means(
    buildkit: Docker, context: str, host: Host, name: str
) -> None:
    """A builder is one node for its client; containers may have to be elsewhere.

    Who goes back to what was built first gets it from the cache, as old as it was.
    """

    def runs(*nodes: str) -> set[str]:
        at = (("-e", f"constraint:node=={node}") for node in nodes)
        return {buildkit("run", "--rm", *one, "app", "cat", "/z").text for one in at}

    everyone = [engine.name for engine in host.fleet]
    first, second = f"first-{name}", f"second-{name}"  # in no cache of another test
    for z in (first, second, first):
        Path(context, "Dockerfile").write_text(f"FROM busybox\nRUN echo {z} > /z\n")
        buildkit("build", "-t", "app", context)
        assert len(holders(host.fleet, "app:latest")) in (1, 3)
        built = buildkit("inspect", "-f", "{{.Id}}", "app").text
        assert runs(*everyone) == {z}
        assert buildkit("inspect", "-f", "{{.Id}}", "app").text == built
        assert buildkit("images", "-q", "--no-trunc", "app").lines == [built]


class TestLegacy:
    def test_builds_and_runs(self, legacy: Docker, context: str) -> None:
        out = legacy("build", "-t", "app", "--build-arg", "Z=5", context)
        assert out.lines[-1] == "Successfully tagged app:latest"
        assert "Step 1/5 : FROM busybox" in out.text
        assert legacy("run", "--rm", "app", "cat", "/z").text == "5"

    def test_quiet_prints_a_bare_id(self, legacy: Docker, context: str) -> None:
        built = legacy("build", "-q", "-t", "app", context).text
        assert built == legacy("inspect", "-f", "{{.Id}}", "app").text

    def test_a_step_that_fails(self, legacy: Docker, context: str) -> None:
        Path(context, "Dockerfile").write_text("FROM busybox\nRUN exit 7\n")
        error = legacy("build", context, status=7).error
        assert "returned a non-zero code: 7" in error

    def test_no_dockerfile(self, api: Api) -> None:
        empty = io.BytesIO()
        tarfile.open(fileobj=empty, mode="w").close()
        answer = api.call("POST", "/build", empty.getvalue())
        assert answer.status >= 400 and "Dockerfile" in answer.message

    @pytest.mark.parametrize("query", ["buildargs={", "buildargs=[]", "labels=7"])
    def test_parameters_that_are_none(self, api: Api, query: str) -> None:
        assert api.call("POST", f"/build?{query}", b"").status >= 400

    @pytest.mark.fleet
    def test_constraints(self, legacy: Docker, host: Host, context: str) -> None:
        for rank in (1, 2, 3):
            args = ("--build-arg", f"constraint:rank=={rank}", "--build-arg", "Z=5")
            legacy("build", "-q", "-t", f"app{rank}", *args, context)
            assert holders(host.fleet, f"app{rank}:latest") == [f"node-{rank}"]
            assert legacy("run", "--rm", f"app{rank}", "cat", "/z").text == "5"
        label = 'com.docker.swarm.constraints=["rank==2"]'
        legacy("build", "-q", "-t", "other", "--label", label, context)
        assert holders(host.fleet, "other:latest") == ["node-2"]
        error = legacy("build", "--build-arg", "constraint:rank==9", context, status=1).error
        assert "Unable to find a node that satisfies the following conditions" in error

    @pytest.mark.fleet
    def test_again_where_its_cache_is(self, legacy: Docker, host: Host, context: str) -> None:
        legacy("build", "-q", "-t", "app", "--build-arg", "constraint:rank==3", context)
        Path(context, "Dockerfile").write_text(DOCKERFILE + "ENV A=b\n")
        assert "Using cache" in legacy("build", "-t", "app", context).text
        assert holders(host.fleet, "app:latest") == ["node-3"]

    def test_a_client_that_leaves_ends_its_build(
        self, legacy: Docker, host: Host, context: str
    ) -> None:
        Path(context, "Dockerfile").write_text("FROM busybox\nRUN sleep 600\n")
        with legacy.running("build", context) as build:
            build.expect("Step 2/2")

        def steps() -> int:
            return sum(len(engine.containers()) for engine in host.fleet)

        eventually(lambda: steps() == 0, what="the step is gone")

    def test_an_upload_that_breaks_off(self, api: Api, host: Host, context: str) -> None:
        """The engine sees it break off, too, and makes nothing."""
        with connect(host.url) as wire:
            wire.sendall(
                b"POST /v1.41/build?t=half HTTP/1.1\r\nHost: localhost\r\n"
                b"Transfer-Encoding: chunked\r\n"
                b"Content-Type: application/x-tar\r\n\r\n10000\r\n" + b"x" * 1000
            )
        time.sleep(0.5)
        assert holders(host.fleet, "half:latest") == []


class TestBuildKit:
    def test_builds_and_runs(self, buildkit: Docker, context: str) -> None:
        buildkit("build", "-t", "app", "--build-arg", "Z=5", context)
        assert buildkit("run", "--rm", "app", "cat", "/z").text == "5"

    def test_quiet_prints_a_bare_id(self, buildkit: Docker, context: str) -> None:
        built = buildkit("build", "-q", "-t", "app", context).text
        assert built == buildkit("inspect", "-f", "{{.Id}}", "app").text

    def test_a_step_that_fails(self, buildkit: Docker, context: str) -> None:
        Path(context, "Dockerfile").write_text("FROM busybox\nRUN exit 7\n")
        assert "exit code: 7" in buildkit("build", context, status=1).error

    def test_context_on_the_standard_input(self, buildkit: Docker, context: str) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
            tar.add(context, ".")
        buildkit("build", "-t", "app", "-", input=packed.getvalue())
        assert buildkit("run", "--rm", "app", "cat", "/z").text == "none"

    @pytest.mark.fleet
    def test_one_client_has_one_builder(self, buildkit: Docker, host: Host, context: str) -> None:
        """So that its cache is there: the second build has nothing to do."""
        buildkit("build", "-t", "app", context)
        again = buildkit("build", "--progress", "plain", "-t", "again", context)
        assert again.error.count("CACHED") >= 2
        assert holders(host.fleet, "app:latest") == holders(host.fleet, "again:latest")

    @pytest.mark.fleet
    def test_two_builds_at_the_same_time(self, buildkit: Docker, context: str) -> None:
        with (
            buildkit.running("build", "-q", "-t", "one", "--build-arg", "Z=1", context) as one,
            buildkit.running("build", "-q", "-t", "two", "--build-arg", "Z=2", context) as two,
        ):
            assert (one.wait(), two.wait()) == (0, 0)
        for name, said in (("one", "1"), ("two", "2")):
            assert buildkit("run", "--rm", name, "cat", "/z").text == said

    def test_the_cache_is_pruned(self, buildkit: Docker, context: str) -> None:
        buildkit("build", "-q", "-t", "app", context)
        assert "Total" in buildkit("builder", "prune", "-af").text


@pytest.mark.fleet
def test_constraints_with_old_buildkit(docker: Docker, host: Host, context: str) -> None:
    """The session waits for its build, so both go where the constraint says."""
    _with(docker, DOCKER_BUILDKIT="1")
    for rank in (1, 2, 3):
        docker("build", "-t", f"app{rank}", "--build-arg", f"constraint:rank=={rank}", context)
        assert holders(host.fleet, f"app{rank}:latest") == [f"node-{rank}"]


def test_cancel(api: Api) -> None:
    answer = api.call("POST", "/build/cancel")
    assert (answer.status, answer.message) == (400, "build ID not provided")
    assert api.call("POST", "/build/cancel?id=unknown").status in (200, 404)


@pytest.mark.fleet
class TestWithoutRegistry:
    def test_an_image_comes_to_where_it_is_needed(
        self, legacy: Docker, host: Host, context: str
    ) -> None:
        legacy("build", "-q", "-t", "app", "--build-arg", "constraint:rank==1", context)
        ran = legacy("run", "--rm", "-e", "constraint:rank==3", "app", "cat", "/z")
        assert ran.text == "none" and not ran.error
        assert holders(host.fleet, "app:latest") == ["node-1", "node-3"]

    def test_where_it_is_nobody_has_to_wait(self, legacy: Docker, host: Host, context: str) -> None:
        legacy("build", "-q", "-t", "app", "--build-arg", "constraint:rank==2", context)
        for _ in range(4):
            legacy("run", "--rm", "app", "true")
        assert holders(host.fleet, "app:latest") == ["node-2"]

    @pytest.mark.parametrize(
        ("wish", "nodes"),
        [
            ("all", ["node-1", "node-2", "node-3"]),
            ("rank!=2", ["node-1", "node-3"]),
            ('["rank!=1"]', ["node-1", "node-2", "node-3"]),
            ("rank==9", ["node-1"]),
        ],
    )
    def test_distributed_by_label(
        self, legacy: Docker, host: Host, context: str, wish: str, nodes: list[str]
    ) -> None:
        label = f"com.docker.swarm.distribute={wish}"
        here = ("--build-arg", "constraint:rank==1")
        built = legacy("build", "-q", "-t", "app", "--label", label, *here, context).text
        eventually(lambda: holders(host.fleet, "app:latest") == nodes, what="it is there")
        (row,) = host.api.get('/images/json?filters={"reference":["app"]}')
        assert row["Id"] == built

    def test_a_copy_that_fails_is_told(self, legacy: Docker, host: Host, context: str) -> None:
        """By an event and by ``docker info``; the build itself was good."""
        full = host.fleet["node-3"].machine
        used = int(full.run("df", "--output=used", "-B1", str(full.disk)).split()[1])
        label = ("--label", "com.docker.swarm.distribute=all")
        here = ("--build-arg", "constraint:rank==1")
        since = f"{time.time():.9f}"
        with legacy.running("events", "--since", since, "--filter", "type=image") as events:
            full.run("mount", "-o", f"remount,size={used + (1 << 20)}", str(full.disk))
            try:
                built = legacy("build", "-q", "-t", "app", *label, *here, context).text
                assert built.startswith("sha256:") and "\n" not in built
                events.expect("image distribute ")
                events.expect("image distribute_failed ")
            finally:
                full.run("mount", "-o", "remount,size=50%", str(full.disk))
        assert holders(host.fleet, "app:latest") == ["node-1", "node-2"]
        info = legacy("info")
        warning = "image app:latest was built, but not distributed: copying image app:latest from"
        assert warning in info.text + info.error

    def test_distributed_by_option(
        self, swarmd_for: Callable[..., Swarmd], host: Host, docker: Docker, context: str
    ) -> None:
        swarmd = swarmd_for(options=["--distribute-builds", "rank!=3"])
        client = _with(Docker(docker.program, swarmd.url), DOCKER_BUILDKIT="1")
        client("build", "-t", "app", "--build-arg", "constraint:rank==1", context)
        eventually(
            lambda: holders(host.fleet, "app:latest") == ["node-1", "node-2"], 20, what="two nodes"
        )


def test_bodies_of_prune(api: Api) -> None:
    body: Any = json.loads(api.call("POST", "/build/prune").body)
    assert set(body) == {"CachesDeleted", "SpaceReclaimed"}


def test_a_build_goes_to_the_network_of_its_steps(
    legacy: Docker, host: Host, tmp_path: Path, name: str
) -> None:
    """To each node in turn, so that none is drawn by chance."""
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN ping -c 1 -w 5 web\n")
    for node in [engine.name for engine in host.fleet]:
        net = f"{name}-{node}"
        legacy("network", "create", f"{node}/{net}")
        at = ("--network", f"{node}/{net}", "--network-alias", "web")
        legacy("run", "-d", "--name", net, *at, "busybox", "sleep", "600")
        legacy("build", "--no-cache", "-t", net, "--network", net, str(tmp_path))
        assert net in str(host.fleet[node].local.get("/images/json"))
        legacy("rm", "-f", net)
        legacy("network", "rm", net)
