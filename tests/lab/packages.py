"""Newer Docker clients, from the newer releases of this machine's own distribution.

Packages are fetched with apt into a folder of their own, with lists of their own, and unpacked
there: nothing is installed, and the machine's own packages stay what they are. What was fetched
once is kept for later runs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

_ROOT = Path(tempfile.gettempdir()) / "swarmd-packages"
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_LIMIT = 300.0  # seconds for one step of apt


class Missing(Exception):
    """Why there are no such packages here."""


@lru_cache
def unpacked(release: str, *names: str) -> Path:
    """The folder in which packages of a Debian release ("trixie", "sid") are unpacked.

    Raises:
        Missing: This is no Debian, or its archive cannot be reached.
    """
    folder = _ROOT / f"{release}-{'-'.join(sorted(names))}"
    _ROOT.mkdir(exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _Fetch(release, folder).run(names)
            (folder / "complete").touch()
    return folder / "root"


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Fetch:
    def __init__(self, release: str, folder: Path) -> None:
        self._release = release
        self._apt = folder / "apt"
        self._root = folder / "root"

    def run(self, names: tuple[str, ...]) -> None:
        for part in ("lists/partial", "cache/archives/partial", "debs"):
            (self._apt / part).mkdir(parents=True)
        self._root.mkdir()
        source = f"deb [signed-by={_KEYS}] {mirror()} {self._release} main\n"
        (self._apt / "sources.list").write_text(source)
        self._get("update")
        self._get("download", *names)
        for package in (self._apt / "debs").glob("*.deb"):
            _call("dpkg-deb", "-x", str(package), str(self._root))
        shutil.rmtree(self._apt)

    def _get(self, *command: str) -> None:
        settings = {
            "Dir::Etc::sourcelist": self._apt / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::lists": self._apt / "lists",
            "Dir::Cache": self._apt / "cache",
            "APT::Sandbox::User": "root",
        }
        options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
        _call("apt-get", "-q", *options, *command, folder=self._apt / "debs")


def mirror() -> str:
    """Where this machine gets its own packages."""
    lines = _call("apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)")
    found = [line.split()[0] for line in lines.splitlines() if line.endswith(" Debian")]
    mirrors = [uri for uri in found if uri.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise Missing("this machine has no Debian archive among its package sources")
    return mirrors[0]


def _call(*command: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LIMIT, cwd=folder, env=_ENVIRONMENT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{command[0]}: {error}") from None
    if done.returncode:
        raise Missing(f"{command[0]}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


_ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
