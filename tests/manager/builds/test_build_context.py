"""The Dockerfile in a context, found as it passes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.core.errors import ApiError
from swarmd.manager.builds.build_context import LARGEST, BuildContext

FILE = b"ARG V\nFROM base:$V\nCOPY --from=other:1 a b\n"


def packed(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class Case:
    def __init__(self, dockerfile: str = "") -> None:
        self.asked: list[list[str]] = []
        self.bringing: Deferred[None] = Deferred()
        self.context = BuildContext(dockerfile, {"V": "2"}, self._bring)

    def _bring(self, images: list[str]) -> Deferred[None]:
        self.asked.append(images)
        return self.bringing

    def feed(self, data: bytes, pieces: int = 1 << 16) -> Case:
        for at in range(0, len(data), pieces):
            self.context.feed(data[at : at + pieces])
        return self

    def ready(self) -> list[Any]:
        results: list[Any] = []
        self.context.ready().addBoth(results.append)
        return results


@pytest.mark.parametrize("pieces", [1, 700, 1 << 16])
@pytest.mark.parametrize("packing", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_found(packing: Any, pieces: int) -> None:
    archive = packing(packed(aaa=bytes(5000), Dockerfile=FILE, more=b"FROM no"))
    case = Case().feed(archive, pieces)
    assert case.asked == [["base:2", "other:1"]]
    results = case.ready()
    assert not results
    case.bringing.callback(None)
    assert results == [None]


@pytest.mark.parametrize(
    ("dockerfile", "name"),
    [
        ("", "dockerfile"),
        ("./Dockerfile", "Dockerfile"),
        ("docker/../docker/app.docker", "docker__app.docker"),
        ("/docker/app.docker", "docker__app.docker"),
    ],
)
def test_by_its_path(dockerfile: str, name: str) -> None:
    archive = packed(other=b"FROM no", **{name: FILE})
    assert Case(dockerfile).feed(archive).asked == [["base:2", "other:1"]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"no tar" * 1000,
        b"\x1f\x8b" + b"no gzip" * 1000,
        packed(other=b"FROM a"),
        packed(Dockerfile=b"#" * (LARGEST + 1)),
        gzip.compress(bytes(200 << 20), 1),
    ],
)
def test_what_cannot_be_read_passes(data: bytes) -> None:
    case = Case().feed(data, 1 << 20)
    assert case.ready() == [None] and not case.asked


def test_an_error_is_for_who_waits() -> None:
    case = Case().feed(packed(Dockerfile=FILE))
    case.bringing.errback(ApiError("disk full"))
    (result,) = case.ready()
    assert isinstance(result, Failure) and str(result.value) == "disk full"
    gone = Case().feed(packed(Dockerfile=FILE))
    gone.bringing.errback(ApiError("disk full"))  # nobody waits: no unhandled error


@given(st.binary(max_size=2000))
def test_any_bytes(noise: bytes) -> None:
    Case().feed(noise, 100)
    Case().feed(b"\x1f\x8b" + noise, 100)
