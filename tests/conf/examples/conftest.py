"""Hosts that boot, and what a door installs without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.booted import BootedFleet, no_booting
from tests.lab.daemon import TREE

_SOURCES = ("swarmd", "twisted", "conf", "pyproject.toml", "setup.cfg", "README.rst", "LICENSE")
Booting = Callable[..., BootedFleet]


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, as far as it is installed, without what building leaves in it."""
    tree = tmp_path_factory.mktemp("tree")
    for name in _SOURCES:
        source = TREE / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / name)
    return tree


@pytest.fixture(scope="session")
def wheels(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """swarmd and all that it needs."""
    folder = tmp_path_factory.mktemp("wheels")
    command = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "-w",
        str(folder),
        str(sources),
        "setuptools>=77",
    )
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return sorted(folder.iterdir())


@pytest.fixture
def boot(wheels: list[Path]) -> Iterator[Booting]:
    """Boots hosts by name; they find the wheels, but no network, in /mnt/given."""
    why = no_booting()
    if why:
        pytest.skip(why)
    fleets: list[BootedFleet] = []

    def booted(*names: str) -> BootedFleet:
        fleets.append(BootedFleet(*names))
        fleets[-1].up()
        for wheel in wheels:
            shutil.copy(wheel, fleets[-1].given)
        return fleets[-1]

    try:
        yield booted
    finally:
        for fleet in fleets:
            fleet.down()
