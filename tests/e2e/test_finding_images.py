"""What the fleet's list shows can be run: the image comes to the node, or the container to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker as dockerpy
import pytest

from tests.e2e.conftest import Host
from tests.e2e.registries import registry, tidy  # noqa: F401 - fixtures
from tests.lab.cli import Docker
from tests.lab.clients import newest_docker
from tests.lab.image import busybox_archive
from tests.lab.packages import Missing
from tests.lab.registry import Registry
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.fleet, pytest.mark.usefixtures("tidy")]


def on(rank: int) -> tuple[str, str]:
    return "-e", f"constraint:rank=={rank}"


def ids(host: Host, ref: str) -> list[str]:
    """The ID that ``ref`` has on each node, "" where it is not."""
    shown = [engine.local.call("GET", f"/images/{ref}/json") for engine in host.fleet]
    return [answer.json["Id"] if answer.status == 200 else "" for answer in shown]


@pytest.fixture
def pulled(docker: Docker, host: Host, registry: Registry) -> str:  # noqa: F811
    """An image of the registry's that was run once, on node-1."""
    engine, repository = host.fleet["node-1"].local, f"{registry.address}/found"
    host.fleet["node-1"].load(busybox_archive("pushed:1", Labels={"from": "registry"}))
    engine.post(f"/images/pushed:1/tag?repo={repository}&tag=1")
    answer = engine.call("POST", f"/images/{repository}/push?tag=1", X_Registry_Auth="e30=")
    assert b"errorDetail" not in answer.body
    engine.call("DELETE", "/images/pushed:1")
    engine.call("DELETE", f"/images/{repository}:1")
    docker("run", "--rm", *on(1), f"{repository}:1", "true")
    assert [bool(one) for one in ids(host, f"{repository}:1")] == [True, False, False]
    return f"{repository}:1"


def test_created_without_a_pull(docker: Docker, host: Host, pulled: str) -> None:
    """As Compose, Ansible and programs do that have inspected the image."""
    docker("run", "--rm", "--pull", "never", *on(2), pulled, "true")
    client = dockerpy.DockerClient(base_url=host.url)
    try:
        made = [client.containers.create(pulled, "sleep 600", detach=True) for _ in range(3)]
        assert client.images.get(pulled).id
    finally:
        client.close()
    nodes = {docker.inspect(one.id)["Node"]["Name"] for one in made}
    assert nodes == {"node-1", "node-2", "node-3"}
    found = ids(host, pulled)
    assert len(set(found)) == 1 and found[0]
    digests = [e.local.get(f"/images/{pulled}/json")["RepoDigests"] for e in host.fleet]
    assert digests[0] and digests == [digests[0]] * 3, "it came from the registry"


def test_without_its_registry(
    docker: Docker,
    host: Host,
    pulled: str,
    registry: Registry,  # noqa: F811
) -> None:
    registry.stop()
    try:
        docker("run", "--rm", "--pull", "never", *on(3), pulled, "true")
    finally:
        registry.start()
    found = ids(host, pulled)
    assert found[0] == found[2] != "" and not found[1]


def test_composed(docker: Docker, host: Host, pulled: str, tmp_path: Path) -> None:
    services = {
        name: {
            "image": pulled,
            "command": "sleep 600",
            "network_mode": "bridge",
            "environment": [f"constraint:rank=={rank}"],
        }
        for rank, name in enumerate(("a", "b", "c"), 1)
    }
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": services}))
    try:
        compose = newest_docker(host.url, tmp_path)
    except Missing as why:
        pytest.skip(str(why))
    file = ("compose", "-p", "found", "-f", str(tmp_path / "compose.yaml"))
    compose(*file, "up", "-d", "--pull", "never")
    assert len(docker.names()) == 3
    compose(*file, "down", "-t", "0")


def test_a_node_that_missed_a_pull(
    docker: Docker,
    host: Host,
    pulled: str,
    registry: Registry,  # noqa: F811
) -> None:
    """It has what the name meant before; the name means what was pulled last."""
    docker("pull", "-q", pulled)
    old = ids(host, pulled)[0]
    engine, (repository, _, _) = host.fleet["node-1"].local, pulled.rpartition(":")
    host.fleet["node-1"].load(busybox_archive("newer:1", Labels={"from": "newer"}))
    engine.post(f"/images/newer:1/tag?repo={repository}&tag=1")
    engine.call("POST", f"/images/{repository}/push?tag=1", X_Registry_Auth="e30=")
    answer = host.api.call(
        "POST", f"/images/create?fromImage={repository}&tag=1", X_Swarm_Constraint="rank==2"
    )
    assert b"errorDetail" not in answer.body
    found = ids(host, pulled)
    assert found[2] == old != found[1]
    assert docker("run", "--rm", *on(3), pulled, "true").out == b""
    assert ids(host, pulled)[2] == found[1]


# A copy


def test_one_image_under_one_name(docker: Docker, host: Host) -> None:
    """Its node has other tags of it, and the other node has one of those for itself."""
    first, second = host.fleet["node-1"], host.fleet["node-2"]
    for tag in ("latest", "1", "2"):
        first.load(busybox_archive(f"tt:{tag}", Labels={"t": tag}))
    second.load(busybox_archive("tt:2", Labels={"t": "own"}))
    own = ids(host, "tt:2")[1]
    eventually(lambda: len(docker("images", "-q", "tt").lines) == 4)
    docker("run", "--rm", *on(2), "tt", "true")
    assert ids(host, "tt:latest")[1] == ids(host, "tt:latest")[0]
    assert ids(host, "tt:2")[1] == own and not ids(host, "tt:1")[1]


def test_a_name_that_moves(docker: Docker, host: Host) -> None:
    """Other nodes keep their copies of what it meant, under that name; nobody is shown that."""
    for tag in ("a", "b"):
        host.fleet["node-1"].load(busybox_archive(f"mv:{tag}", Labels={"mv": tag}))
    docker("tag", "mv:a", "mv:cur")
    for rank in (1, 2):
        docker("run", "-d", "--name", f"mv{rank}", *on(rank), "mv:cur", "sleep", "600")
    assert sorted(docker.names("-f", "ancestor=mv:cur")) == ["mv1", "mv2"]
    docker("tag", "mv:b", "mv:cur")
    shown = docker("images", "-q", "--no-trunc", "mv:cur").lines
    assert shown == [ids(host, "mv:b")[0]] and ids(host, "mv:cur")[1] == ids(host, "mv:a")[0]
    assert docker.names("-f", "ancestor=mv:cur") == []
    assert sorted(docker.names("-f", "ancestor=mv:a")) == ["mv1", "mv2"]
    docker("rmi", "mv:cur")
    assert not any(ids(host, "mv:cur")) and docker("images", "-q", "mv:cur").lines == []
    docker("run", "--rm", *on(3), ids(host, "mv:a")[0], "true")


def test_mounted_images_come_along(host: Host, docker: Docker) -> None:
    """An engine of release 20.10 does not know them, and says so, once they are there."""
    host.fleet["node-1"].load(busybox_archive("files:1", Labels={"a": "b"}))
    eventually(lambda: docker("images", "-q", "files:1").lines)
    body = {
        "Image": "busybox",
        "Env": ["constraint:rank==2"],
        "HostConfig": {"Mounts": [{"Type": "image", "Source": "files:1", "Target": "/files"}]},
    }
    answer = host.api.call("POST", "/containers/create", body)
    assert "image" in answer.message
    assert ids(host, "files:1")[1]


@pytest.fixture(autouse=True)
def _healthy_again(host: Host) -> Iterator[None]:
    yield
    host.wait_until_clean()
