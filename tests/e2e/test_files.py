"""Copies in and out of containers, and what the archive calls say."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.lab.cli import Docker
from tests.lab.http import Api


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    docker("create", "--name", name, "busybox", "sleep", "600")
    return name


def test_folders_both_ways(docker: Docker, box: str, tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "file").write_text("content")
    docker("cp", str(tmp_path / "tree"), f"{box}:/tmp")
    docker("cp", f"{box}:/tmp/tree", str(tmp_path / "back"))
    assert (tmp_path / "back" / "deep" / "file").read_text() == "content"


def test_missing_path(docker: Docker, box: str, tmp_path: Path) -> None:
    message = docker.fails("cp", f"{box}:/no/such", str(tmp_path))
    assert "no such" in message.lower() or "Could not find the file" in message


def test_stat_header(api: Api, box: str) -> None:
    answer = api.call("HEAD", f"/containers/{box}/archive?path=/etc/passwd")
    assert (answer.status, answer.body) == (200, b"")
    stat = json.loads(base64.b64decode(answer.headers["x-docker-container-path-stat"]))
    assert (stat["name"], stat["size"]) == ("passwd", 30)


def test_head_of_a_missing_path(api: Api, box: str) -> None:
    answer = api.call("HEAD", f"/containers/{box}/archive?path=/nope")
    assert (answer.status, answer.body) == (404, b"")


def test_archive_without_path(api: Api, box: str) -> None:
    answer = api.call("GET", f"/containers/{box}/archive")
    assert answer.status == 400 and "path" in answer.message


def test_put_of_something_else(api: Api, box: str) -> None:
    answer = api.call("PUT", f"/containers/{box}/archive?path=/tmp", b"no tar" * 1000)
    assert answer.status in (400, 500) and answer.message


def test_put_where_nothing_is(api: Api, box: str) -> None:
    """The answer comes before the upload is read."""
    big = io.BytesIO()
    with tarfile.open(fileobj=big, mode="w") as tar:
        entry = tarfile.TarInfo("big")
        entry.size = 20 << 20
        tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    try:
        answer = api.call("PUT", f"/containers/{box}/archive?path=/no/such", big.getvalue())
    except ConnectionError:
        return  # an engine may close on us, too, while we are still sending
    assert answer.status == 404


def test_export_holds_the_changes(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "sh", "-c", "echo made > /made")
    with tarfile.open(fileobj=io.BytesIO(docker("export", name).out)) as tar:
        made = tar.extractfile("made")
        assert made is not None and made.read() == b"made\n"
