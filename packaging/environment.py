#!/usr/bin/env python3
"""Makes the private environment of the Debian package: one tree, for each Python it may meet.

Compiled modules carry the Python that they are for in their names, so those of several stand side
by side in one site-packages, as in Debian's own /usr/lib/python3/dist-packages; all else is the
same for each, and that is checked.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

LOCK = Path(__file__).with_name("requirements.txt")
# What installs wheels where there is no pip.
INSTALLER = Path(__file__).with_name("installer-requirements.txt")
# Debian 12 has the first, Debian 13 the last; none between is left out, so that `Depends:
# python3 (>= first), python3 (<< after the last)` is true.
PYTHONS = ("3.11", "3.12", "3.13")
_GLIBC = 28  # Debian 10; the wheels that we use ask for no more
# What pip notes of an installation, and its console scripts: theirs is not where these lie.
_NOTES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
_NOISE = {"dropin.cache", ".lock", ".gitignore"}
_TAGS = "WHEEL"
# What a wheel says of its own making (PEP 770): of several, the first one's is kept.
_ORIGIN = "sboms"


class Clash(Exception):
    """Two Pythons need different files of one name."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    fetch = commands.add_parser("fetch", help="fetch all wheels")
    fetch.add_argument("wheels", type=Path)
    fetch.set_defaults(run=lambda given: fetch_wheels(given.wheels))
    make = commands.add_parser("make", help="install them, and swarmd, into a tree")
    make.add_argument("wheels", type=Path)
    make.add_argument("swarmd", type=Path, help="the wheel of swarmd")
    make.add_argument("tree", type=Path)
    make.set_defaults(run=lambda given: make_tree(given.wheels, given.swarmd, given.tree))
    given = parser.parse_args()
    given.run(given)


def fetch_wheels(folder: Path) -> None:
    """Those that the locks name by their hashes, for each Python; nothing is built."""
    folder.mkdir(parents=True, exist_ok=True)
    for python in PYTHONS:
        _call(
            *(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"),
            *("-r", str(LOCK), "-r", str(INSTALLER), "-d", str(folder), "--only-binary=:all:"),
            *("--python-version", python, "--implementation", "cp"),
            *("--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none"),
            *(word for tag in platforms() for word in ("--platform", tag)),
        )


def platforms(machine: str = platform.machine()) -> Sequence[str]:
    """Tags of wheels for this processor, the best first."""
    recent = [f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC, 16, -1)]
    return [*recent, f"manylinux2014_{machine}"]


def make_tree(wheels: Path, swarmd: Path, tree: Path, pythons: Sequence[str] = PYTHONS) -> None:
    """A virtual environment, laid out as one, that runs where it will be installed.

    Args:
        tree: A folder that is not there yet.
    """
    packages = tree / "lib" / "python3" / "site-packages"
    packages.mkdir(parents=True)
    for python in pythons:
        with tempfile.TemporaryDirectory() as folder:
            _install(python, wheels, swarmd, Path(folder))
            merge(Path(folder), packages)
        (tree / "lib" / f"python{python}").symlink_to("python3")
    for path in packages.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _install(python: str, wheels: Path, swarmd: Path, target: Path) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    command = [
        *(uv, "pip", "install", "--quiet", "--no-index", "--find-links", str(wheels), "--no-deps"),
        *("--target", str(target), "--python-version", python, "--only-binary", ":all:"),
        *("--python-platform", f"{platform.machine()}-manylinux_2_{_GLIBC}"),
        *("--link-mode", "copy", "--python", sys.executable),
    ]
    _call(*command, "--require-hashes", "-r", str(LOCK))
    _call(*command, str(swarmd))


def merge(source: Path, target: Path) -> None:
    """Adds the files of one Python to those that are there.

    Raises:
        Clash: A file is there already, with other content.
    """
    for path in installed(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            shutil.copyfile(path, place)
        elif path.name == _TAGS and path.parent.suffix == ".dist-info":
            place.write_text(both(place.read_text(), path.read_text()))
        elif path.parent.name == _ORIGIN:
            continue
        elif path.read_bytes() != place.read_bytes():
            raise Clash(str(path.relative_to(source)))


def installed(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        top = path.relative_to(folder).parts[0]
        is_note = top.endswith(".dist-info") and path.name in _NOTES
        is_noise = "__pycache__" in path.parts or path.name in _NOISE
        if path.is_file() and top not in ("bin", "share") and not is_note and not is_noise:
            yield path


def both(one: str, other: str) -> str:
    """The file WHEEL with the tags of both."""
    lines = dict.fromkeys([*one.splitlines(), *other.splitlines()])
    return "".join(f"{line}\n" for line in lines if line)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, timeout=600)


if __name__ == "__main__":
    main()
