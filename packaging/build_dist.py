#!/usr/bin/env python3
"""Builds the sdist and the wheel: same tree, same bytes, wherever and whenever that is done.

Setuptools gives the sdist the times and modes of the machine's files, so it is packed anew; the
wheel is then built from that sdist. What builds them is fixed by build-requirements.txt.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sbom import write_of_lock

TREE = Path(__file__).resolve().parents[1]
BUILD_REQUIREMENTS = TREE / "packaging" / "build-requirements.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the files go")
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        copy_sources(TREE, tree)
        _build("--sdist", str(tree), "--out-dir", scratch)
        (made,) = Path(scratch).glob("*.tar.gz")
        sdist = folder / made.name
        sdist.write_bytes(repacked(made.read_bytes(), int(os.environ["SOURCE_DATE_EPOCH"])))
        _build("--wheel", str(sdist), "--out-dir", str(folder))
    write_of_lock(sdist.with_name(f"{sdist.name.removesuffix('.tar.gz')}.cdx.json"))


def copy_sources(tree: Path, target: Path) -> None:
    """What belongs to the project, and nothing else that lies about in its folder."""
    for name in _names(tree):
        if (source := tree / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)
            (target / name).chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def _names(tree: Path) -> Iterable[str]:
    if (tree / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=tree, capture_output=True, check=True, text=True, timeout=60,
        )  # fmt: skip
        return sorted(filter(None, listed.stdout.split("\0")))
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file())


def _build(*words: str) -> None:
    """Within umask 022: a wheel keeps the modes of the files that it is made from."""
    command = ["uv", "build", "--quiet", "--build-constraints", str(BUILD_REQUIREMENTS)]
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [*command, "--require-hashes", *words],
        check=True, env={**os.environ, "PATH": programs}, umask=0o022, timeout=600,
    )  # fmt: skip


def repacked(archive: bytes, time: int) -> bytes:
    """The same .tar.gz with its files in order, all of one time, owner and mode."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as source,
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=time) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as target,
    ):
        for member in sorted(source.getmembers(), key=lambda each: each.name):
            member.mtime, member.pax_headers = time, {}
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            target.addfile(member, source.extractfile(member) if member.isfile() else None)
    return packed.getvalue()


if __name__ == "__main__":
    main()
