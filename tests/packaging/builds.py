"""What is handed out, built as ``make dist deb image`` build it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

TREE = Path(__file__).resolve().parents[2]
SCRIPTS = TREE / "packaging"
EPOCH = 1_790_000_000
_LIMIT = 1800.0  # seconds; a machine that does other things as well


@dataclass(frozen=True)
class Build:
    """One build of everything.

    Attributes:
        folder: sdist, wheel and Debian package.
        context: What the image is built from.
    """

    folder: Path
    context: Path

    def file(self, pattern: str) -> Path:
        (found,) = self.folder.glob(pattern)
        return found

    @property
    def deb(self) -> Path:
        return self.file("*.deb")


def snapshot(folder: Path) -> Path:
    """The tree as it is at one moment: who edits it meanwhile changes no build."""
    script("build_dist").copy_sources(TREE, folder)
    return folder


def build(
    sources: Path, folder: Path, wheels: Path, environment: Mapping[str, str], umask: int
) -> Build:
    dist, context = folder / "dist", folder / "context"
    tree = shutil.copytree(sources, folder / "sources")

    def run(*words: object) -> None:
        env = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), **environment}
        call(sys.executable, *words, env=env, umask=umask)

    scripts = tree / "packaging"
    run(scripts / "build_dist.py", dist)
    run(scripts / "build_deb.py", dist, wheels, dist)
    run(scripts / "image_context.py", dist, wheels, context)
    return Build(dist, context)


def fetch(sources: Path, wheels: Path) -> Path:
    call(sys.executable, sources / "packaging" / "environment.py", "fetch", wheels)
    return wheels


def call(*words: object, env: Mapping[str, str] | None = None, umask: int = -1) -> str:
    """What the command printed; its own words if it fails."""
    done = subprocess.run(
        list(map(str, words)), env=env, umask=umask, timeout=_LIMIT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"{words}: status {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout


def script(name: str) -> ModuleType:
    """A module of packaging/, which is no package: its name is a library's."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        spec = spec_from_file_location(f"packaging_{name}", SCRIPTS / f"{name}.py")
        assert spec and spec.loader
        module = module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(SCRIPTS))
