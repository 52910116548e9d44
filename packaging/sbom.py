"""Bills of materials (CycloneDX, JSON), by the tool that the CycloneDX project keeps for Python.

It checks what it wrote against the schema.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
LOCK = Path(__file__).with_name("requirements.txt")


def write_of_environment(python: Path, target: Path) -> None:
    """Of what is installed where that Python is."""
    _call("environment", target, str(python))


def write_of_lock(target: Path) -> None:
    """Of what a wheel is installed with."""
    _call("requirements", target, str(LOCK))


def _call(kind: str, target: Path, source: str) -> None:
    program = Path(sys.executable).with_name("cyclonedx-py")
    common = ["--pyproject", str(PYPROJECT), "--output-reproducible", "--validate"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    subprocess.run(
        [program, kind, *common, "--of", "JSON", "-o", str(target), source],
        check=True, timeout=300, env=environment,
    )  # fmt: skip
