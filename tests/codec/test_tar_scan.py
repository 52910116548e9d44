"""Files in archives of all kinds of tar programs, in pieces of any size."""

from __future__ import annotations

import io
import tarfile

import pytest

from swarmd.codec.tar_scan import BadTar, TarScan

FILES = {
    "./Dockerfile": b"FROM a",
    "folder/" + "n" * 150: b"long",
    "large": b"x" * 3000,
    "empty": b"",
    "n\u00e4me": b"1",
}


def tar(kind: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("pieces", [1, 512, 1000, 1 << 20])
def test_what_is_wanted_is_found(kind: int, pieces: int) -> None:
    seen: dict[str, int] = {}
    found: dict[str, bytes] = {}

    def wanted(name: str, size: int) -> bool:
        seen[name] = size
        return size < 1000

    scan = TarScan(wanted, lambda name, content: found.update({name: content}))
    archive = tar(kind)
    for at in range(0, len(archive), pieces):
        scan.feed(archive[at : at + pieces])
    names = {name.removeprefix("./"): content for name, content in FILES.items()}
    assert scan.whole and seen == {"folder": 0, **{k: len(v) for k, v in names.items()}}
    assert found == {"folder": b"", **{k: v for k, v in names.items() if k != "large"}}


def test_it_ends_once() -> None:
    ends: list[bool] = []
    scan = TarScan(lambda *_: False, lambda *_: None, lambda: ends.append(True))
    scan.feed(tar(tarfile.GNU_FORMAT))
    scan.feed(bytes(512))
    assert ends == [True]
    with pytest.raises(BadTar):
        scan.feed(b"more")


def test_what_is_no_tar() -> None:
    with pytest.raises(BadTar):
        TarScan(lambda *_: True, lambda *_: None).feed(b"no tar" * 1000)
