"""sdist and wheel: what is in them, and that they are the same each time."""

from __future__ import annotations

import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging.builds import Build, call

pytestmark = pytest.mark.packaging
_BIN = Path(sys.executable).parent


def test_the_index_would_take_them(built: Build) -> None:
    files = built.file("*.tar.gz"), built.file("*.whl")
    call(_BIN / "twine", "check", "--strict", *files)
    call(_BIN / "check-wheel-contents", "--toplevel", "swarmd,twisted", files[1])


def below(sources: Path, *folders: str) -> set[str]:
    """Files of the tree that the builds were made from."""
    found = [path for folder in folders for path in (sources / folder).rglob("*")]
    return {str(path.relative_to(sources)) for path in found if path.is_file()}


def test_the_wheel_has_all_of_swarmd_and_nothing_else(built: Build, sources: Path) -> None:
    """Types and what pages are made of included; no tests, no cache, nothing over Twisted's own."""
    names = zipfile.ZipFile(built.file("*.whl")).namelist()
    ours = {name for name in names if not name.startswith("swarmd-")}
    assert ours == below(sources, "swarmd", "twisted")
    assert "swarmd/py.typed" in ours
    assert [name for name in ours if name.startswith("twisted/")] == [
        "twisted/plugins/swarmd_plugin.py"
    ]


def test_the_sdist_builds_everything_but_has_no_tests(built: Build, sources: Path) -> None:
    with tarfile.open(built.file("*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        modes = {member.mode for member in archive.getmembers()}
    wanted = below(sources, "swarmd", "packaging", "conf", "docs")
    assert wanted | {"Makefile", "LICENSE", "pyproject.toml", "setup.cfg"} <= names
    assert not [name for name in names if name.startswith("tests") or name.endswith(".pyc")]
    assert modes == {0o644, 0o755}


@pytest.mark.parametrize("pattern", ["*.tar.gz", "*.whl", "*.deb"])
def test_two_builds_are_the_same_bytes(pattern: str, built: Build, built_again: Build) -> None:
    first, second = built.file(pattern), built_again.file(pattern)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_runs_from_the_wheels_of_the_lock(
    built: Build, sources: Path, wheels: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", symlinks=True, with_pip=True)
    binaries = tmp_path / "venv" / "bin"
    install = [binaries / "pip", "install", "-q", "--no-index", "--find-links", wheels]
    call(*install, "--require-hashes", "-r", sources / "packaging" / "requirements.txt")
    call(*install, built.file("*.whl"))
    assert "swarmd" in call(binaries / "twistd", "--help")
    assert "swarmd version 0" in call(binaries / "swarmd", "--version")
