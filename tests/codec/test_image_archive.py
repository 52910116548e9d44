"""Archives as engines of three releases save them, whole and spoilt, in pieces of any size."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.image_archive import MOST_KEPT, ArchiveCheck, BadArchive
from swarmd.codec.tar_scan import BadTar

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def tar(files: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1.5  # a part of a second: pax records
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def blob(value: Any) -> tuple[str, bytes]:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}", content


def described(path: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"mediaType": kind, "digest": path.removeprefix("blobs/").replace("/", ":"), **more}


def old_files(*tags: str) -> dict[str, bytes]:
    listed = [{"Config": "c.json", "RepoTags": list(tags), "Layers": ["l/layer.tar"]}]
    return {
        "l/layer.tar": b"layer" * 1000,
        "c.json": b"{}",
        "manifest.json": json.dumps(listed).encode(),
    }


def oci_files(name: str = "docker.io/library/app:1", layer: bytes = b"gz") -> dict[str, bytes]:
    """As of a containerd store: an index of two platforms, of which one is there."""
    layers, config = blob(layer), blob({"os": "linux"})
    manifest = blob(
        {
            "mediaType": MANIFEST,
            "config": described(config[0], "c"),
            "layers": [described(layers[0], LAYER)],
        }
    )
    there = described(manifest[0], MANIFEST, platform={"architecture": "amd64"})
    other = described(blob(b"other")[0], MANIFEST, platform={"architecture": "arm64"})
    note = described(manifest[0], MANIFEST, platform={"architecture": "unknown"})
    index = blob({"mediaType": INDEX, "manifests": [note, other, there]})
    top = described(index[0], INDEX, annotations={"io.containerd.image.name": name})
    return {
        **dict((layers, config, manifest, index)),
        "index.json": json.dumps({"manifests": [top]}).encode(),
    }


def check(archive: bytes, name: str = "app:1", pieces: int = 1 << 20) -> None:
    looked = ArchiveCheck(name)
    for at in range(0, len(archive), pieces):
        looked.feed(archive[at : at + pieces])
    looked.end()


@pytest.mark.parametrize("pieces", [1, 511, 512, 513, 1 << 20])
@pytest.mark.parametrize("files", [old_files("app:1"), oci_files(), {**old_files(), **oci_files()}])
@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_whole(files: dict[str, bytes], kind: int, pieces: int) -> None:
    check(tar(files, kind), pieces=pieces)


def test_nothing_of_its_end_is_passed_on_before_it_is_known_to_be_whole() -> None:
    """An engine takes an archive for whole at its first empty block."""
    archive = tar({"blobs/sha256/" + "a" * 64: b"x" * 444})
    looked = ArchiveCheck("app:1")
    looked.feed(archive[: 512 + 512 + 512 + 512 + 511])  # a pax header and the entry
    with pytest.raises(BadArchive, match="no manifest"):
        looked.feed(archive[512 * 4 + 511 :])


@pytest.mark.parametrize("files", [old_files("app:1"), oci_files()])
def test_anything_that_is_missing(files: dict[str, bytes]) -> None:
    for name in files:
        rest = {key: value for key, value in files.items() if key != name}
        with pytest.raises(BadArchive, match=r"lacks|no manifest"):
            check(tar(rest))


def test_a_lone_blob() -> None:
    """What a store answered that had the content under another digest."""
    index = {"manifests": [described("blobs/sha256/" + "a" * 64, INDEX)]}
    files = {"index.json": json.dumps(index).encode(), "oci-layout": b"{}"}
    with pytest.raises(BadArchive, match="lacks blobs/sha256/aaaa"):
        check(tar(files))
    with pytest.raises(BadArchive, match="no manifest"):
        check(tar({"blobs/sha256/" + "a" * 64: b"x" * 444}))


@pytest.mark.parametrize(
    "files",
    [
        old_files("app:1", "app:2"),
        old_files("other:1"),
        oci_files("docker.io/library/app:2"),
        {**old_files("app:2"), **oci_files()},
    ],
)
def test_other_names(files: dict[str, bytes]) -> None:
    with pytest.raises(BadArchive, match="it also has"):
        check(tar(files))


def test_by_its_id_an_image_has_no_name() -> None:
    check(tar(old_files()), "")
    with pytest.raises(BadArchive, match="it also has app:1"):
        check(tar(old_files("app:1")), "")


def test_layers_that_no_archive_has() -> None:
    config = blob({})
    foreign = described("sha256:" + "f" * 64, "application/vnd.docker.image.rootfs.foreign.diff")
    manifest = blob({"config": described(config[0], "c"), "layers": [foreign]})
    index = {"manifests": [described(manifest[0], MANIFEST)]}
    check(tar({**dict((config, manifest)), "index.json": json.dumps(index).encode()}))


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"no tar at all" * 100,
        tar(old_files("app:1"))[:-10000],
        tar(old_files("app:1")) + b"more",
        tar({"manifest.json": b"[1]"}),
        tar({"manifest.json": b"[]"}),
        tar({"manifest.json": b"{"}),
        tar({"manifest.json": b'[{"Config": 1, "RepoTags": 2, "Layers": 3}]'}),
        tar({"index.json": b'{"manifests": 7}'}),
    ],
)
def test_what_is_none(archive: bytes) -> None:
    with pytest.raises(BadTar):
        check(archive)


def test_more_than_a_header_can_tell() -> None:
    entry = tarfile.TarInfo("a" * 200)
    entry.pax_headers = {"size": "7"}
    whole = entry.tobuf(tarfile.PAX_FORMAT) + b"content".ljust(512, b"\0")
    check(whole + tar(old_files("app:1")))


def test_documents_are_kept_within_bounds() -> None:
    large = b"{" + b" " * (3 << 20)
    with pytest.raises(BadArchive, match="too large"):
        check(tar({f"{number}": large for number in range(MOST_KEPT // len(large) + 1)}))
    check(tar({**old_files("app:1"), "small": b"x" * (3 << 20), "large": b"{" * (5 << 20)}))


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_any_bytes(noise: bytes, at: int) -> None:
    archive = tar(old_files("app:1"))
    for spoilt in (noise, archive[:at] + noise + archive[at:]):
        with suppress(BadTar):
            check(spoilt)
