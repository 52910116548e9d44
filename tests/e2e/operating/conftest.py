"""A swarmd that keeps its state, and gives a lost node two seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def options(state: Path) -> tuple[str, ...]:
    return ("--state-dir", str(state), "--reschedule-grace", "2s")


@pytest.fixture
def swarmd(swarmd_for: Callable[..., Swarmd], options: tuple[str, ...]) -> Swarmd:
    return swarmd_for(options=options)


@pytest.fixture
def docker(swarmd: Swarmd, tmp_path: Path) -> Docker:
    return Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
