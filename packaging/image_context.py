#!/usr/bin/env python3
"""Makes the folder that the image is built from, with all it takes: nothing is fetched then."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from environment import make_tree
from sbom import write_of_environment

HERE = Path(__file__).parent
FILES = ("image/Dockerfile", "image/install.py", "image/healthcheck.py", "image/swarmd.toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dist", type=Path, help="folder of the wheel of swarmd")
    parser.add_argument("wheels", type=Path, help="folder of environment.py fetch")
    parser.add_argument("context", type=Path, help="the folder to make")
    given = parser.parse_args()
    fill(given.dist, given.wheels, given.context)


def fill(dist: Path, wheels: Path, context: Path) -> None:
    """All of one time and mode: the builder's own cache asks for nothing else."""
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(wheels, context / "wheels")
    (swarmd,) = dist.glob("swarmd-*.whl")
    _write_bill(wheels, swarmd, context / "sbom.cdx.json")
    for path in (swarmd, HERE / "requirements.txt", *(HERE / name for name in FILES)):
        shutil.copy(path, context)
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in [context, *context.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (epoch, epoch))


def _write_bill(wheels: Path, swarmd: Path, target: Path) -> None:
    """Of the environment that the image will have, made here by the same wheels."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        make_tree(wheels, swarmd.resolve(), tree, [f"3.{sys.version_info.minor}"])
        (tree / "bin").mkdir()
        (tree / "bin" / "python3").symlink_to(Path(sys._base_executable).resolve())
        home = f"home = {Path(sys._base_executable).parent}"
        (tree / "pyvenv.cfg").write_text(f"{home}\ninclude-system-site-packages = false\n")
        write_of_environment(tree / "bin" / "python3", target)


if __name__ == "__main__":
    main()
