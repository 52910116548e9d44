"""What all tests of packages look at: two builds, made as differently as may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.builds import Build, build, fetch


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Build:
    return build(tmp_path_factory.mktemp("first"), wheels, {"TZ": "UTC", "LC_ALL": "C"}, 0o022)


@pytest.fixture(scope="session")
def built_again(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Build:
    """At another time, in another folder, zone, language, umask and order of hashes."""
    folder = tmp_path_factory.mktemp("second-build-in-a-longer-folder")
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7", "HOME": str(folder)}
    return build(folder, wheels, other, 0o077)
