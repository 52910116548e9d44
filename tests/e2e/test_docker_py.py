"""docker-py, the library below Ansible and old Compose, with and without TLS."""

from __future__ import annotations

import gc
import io
import tarfile
import threading
from collections.abc import Iterator

import docker as dockerpy
import pytest
from docker.errors import APIError, ContainerError, ImageNotFound, NotFound
from docker.tls import TLSConfig

from tests.e2e.conftest import Host
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually

pytestmark = [
    pytest.mark.parametrize("host", ["plain", "tls"], indirect=True),
    # The library leaves the sockets of its streams to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def client(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[dockerpy.DockerClient]:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)  # it would go before the CA given below
    tls = None
    if host.tls is not None:
        pair = (str(host.tls.cert), str(host.tls.key))
        tls = TLSConfig(client_cert=pair, ca_cert=str(host.tls.ca), verify=True)
    client = dockerpy.DockerClient(base_url=host.url, tls=tls, timeout=120)
    yield client
    client.close()
    gc.collect()


def test_run_returns_output(client: dockerpy.DockerClient) -> None:
    assert client.containers.run("busybox", "echo hello", remove=True) == b"hello\n"


def test_failed_run_raises(client: dockerpy.DockerClient) -> None:
    with pytest.raises(ContainerError) as caught:
        client.containers.run("busybox", ["sh", "-c", "echo why >&2; exit 3"], remove=True)
    assert (caught.value.exit_status, caught.value.stderr) == (3, b"why\n")


def test_life(client: dockerpy.DockerClient, name: str) -> None:
    box = client.containers.run("busybox", "sleep 600", name=name, detach=True, labels={"a": "b"})
    assert client.containers.get(name).id == box.id
    assert [found.name for found in client.containers.list(filters={"label": "a=b"})] == [name]
    box.pause()
    box.reload()
    assert box.status == "paused"
    box.unpause()
    box.stop(timeout=1)
    assert box.wait()["StatusCode"] == 137
    box.restart(timeout=1)
    box.rename(f"{name}-new")
    assert client.containers.get(f"{name}-new").id == box.id
    box.remove(force=True)
    with pytest.raises(NotFound):
        client.containers.get(box.id)


def test_exec(client: dockerpy.DockerClient) -> None:
    box = client.containers.run("busybox", "sleep 600", detach=True)
    result = box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 5"], demux=True)
    assert (result.exit_code, result.output) == (5, (b"out\n", b"err\n"))


def test_exec_with_a_socket(client: dockerpy.DockerClient) -> None:
    box = client.containers.run("busybox", "sleep 600", detach=True)
    made = client.api.exec_create(box.id, ["sh"], stdin=True, tty=True)["Id"]
    stream = client.api.exec_start(made, socket=True, tty=True)
    raw = getattr(stream, "_sock", stream)
    raw.sendall(b"echo a$((1+1))b\n")
    heard = b""
    while b"a2b" not in heard:
        heard += raw.recv(4096)
    stream.close()
    raw.close()


def test_logs(client: dockerpy.DockerClient) -> None:
    box = client.containers.run("busybox", ["sh", "-c", "echo 1; sleep 1; echo 2"], detach=True)
    assert b"".join(box.logs(stream=True, follow=True)) == b"1\n2\n"
    assert box.logs(tail=1) == b"2\n"


def test_attach(client: dockerpy.DockerClient) -> None:
    """Not ``logs=True``: the library drops what comes together with the head, of any host."""
    box = client.containers.create("busybox", ["sh", "-c", "echo 1; sleep 0.2; echo 2"])
    stream = box.attach(stream=True)
    box.start()
    assert b"".join(stream) == b"1\n2\n"


def test_top_stats_and_diff(client: dockerpy.DockerClient) -> None:
    box = client.containers.run("busybox", ["sh", "-c", "touch /new; exec sleep 600"], detach=True)
    eventually(lambda: {"Path": "/new", "Kind": 1} in box.diff())
    assert "sleep" in str(box.top()["Processes"])
    assert box.stats(stream=False)["id"] == box.id
    assert next(box.stats(stream=True, decode=True))["id"] == box.id


def test_archives(client: dockerpy.DockerClient) -> None:
    box = client.containers.create("busybox", "sleep 600")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo("file")
        entry.size = 7
        tar.addfile(entry, io.BytesIO(b"content"))
    assert box.put_archive("/tmp", packed.getvalue())
    parts, stat = box.get_archive("/tmp/file")
    with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as tar:
        unpacked = tar.extractfile("file")
        assert unpacked is not None and unpacked.read() == b"content"
    assert (stat["name"], stat["size"]) == ("file", 7)
    assert len(b"".join(box.export())) > 1 << 20


def test_events(client: dockerpy.DockerClient) -> None:
    events = client.events(decode=True, filters={"type": "container", "event": "create"})
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.extend(e["id"] for e in events))
    listener.start()
    made = client.containers.create("busybox")
    eventually(lambda: made.id in heard)
    events.close()
    listener.join(60)
    assert not listener.is_alive()


def test_conflict_and_missing(client: dockerpy.DockerClient, name: str) -> None:
    client.containers.create("busybox", name=name)
    with pytest.raises(APIError) as caught:
        client.containers.create("busybox", name=name)
    assert caught.value.status_code == 409
    with pytest.raises(ImageNotFound):
        client.images.get("nothing")
    with pytest.raises(NotFound):
        client.containers.get("nobody")


def test_system(client: dockerpy.DockerClient) -> None:
    assert client.ping() is True
    assert client.info()["NCPU"] >= 1
    assert client.version()["ApiVersion"].startswith("1.")
    assert [image.tags for image in client.images.list()] == [["busybox:latest"]]


def test_prune(client: dockerpy.DockerClient) -> None:
    box = client.containers.create("busybox")
    assert client.containers.prune()["ContainersDeleted"] == [box.id]


def test_prune_of_nothing(client: dockerpy.DockerClient) -> None:
    """Scripts loop over the one list that engines never leave out."""
    assert client.volumes.prune()["VolumesDeleted"] == []
    assert client.containers.prune()["ContainersDeleted"] is None
    assert client.networks.prune()["NetworksDeleted"] is None


@pytest.mark.fleet
def test_images_on_all_nodes(client: dockerpy.DockerClient, host: Host) -> None:
    archive = busybox_archive("py:1", Labels={"made": "here"})
    [image] = client.images.load(archive)
    assert image.tags == ["py:1"]
    assert image.tag("py", "2") and client.images.get("py:2").id == image.id
    with tarfile.open(fileobj=io.BytesIO(b"".join(client.images.get("py:2").save()))) as saved:
        assert "manifest.json" in saved.getnames()
    client.images.remove("py:1")
    client.images.remove("py:2")
    with pytest.raises(ImageNotFound):
        client.images.get("py:2")
    assert len(client.df()["Images"]) == len(host.fleet.engines)
    assert client.images.prune(filters={"dangling": True})["SpaceReclaimed"] == 0
