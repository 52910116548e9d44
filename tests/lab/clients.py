"""The newest Docker command line of the distribution, with Compose and buildx as its plugins."""

from __future__ import annotations

from pathlib import Path

from tests.lab.certificates import Certificate
from tests.lab.cli import Docker
from tests.lab.packages import unpacked
from tests.lab.programs import NEWEST

_PACKAGES = ("docker-cli", "docker-buildx", "docker-compose")


def newest_docker(url: str, home: Path, tls: Certificate | None = None) -> Docker:
    """Raises ``packages.Missing`` with the reason if there is none."""
    root = unpacked(NEWEST, *_PACKAGES)
    plugins = home / ".docker" / "cli-plugins"
    if not plugins.exists():
        plugins.parent.mkdir(parents=True, exist_ok=True)
        plugins.symlink_to(root / "usr/libexec/docker/cli-plugins")
    return Docker(str(root / "usr/bin/docker"), url, tls, home)
