"""What all tests of packages look at: two builds, made as differently as may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.builds import Build, build, fetch, snapshot


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What both builds are made from."""
    return snapshot(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory, sources: Path) -> Path:
    return fetch(sources, tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, sources: Path, wheels: Path) -> Build:
    first = tmp_path_factory.mktemp("first")
    return build(sources, first, wheels, {"TZ": "UTC", "LC_ALL": "C"}, 0o022)


@pytest.fixture(scope="session")
def built_again(tmp_path_factory: pytest.TempPathFactory, sources: Path, wheels: Path) -> Build:
    """At another time, in another folder, zone, language, umask and order of hashes."""
    folder = tmp_path_factory.mktemp("second-build-in-a-longer-folder")
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7", "HOME": str(folder)}
    return build(sources, folder, wheels, other, 0o077)
