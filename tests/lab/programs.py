"""Newer Docker engines than this machine's own, to be laid over its /usr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.packages import unpacked

NEXT = "trixie"
NEWEST = "sid"
# Without runc: that one hangs on newer libraries, and every engine here gets on with this
# machine's own.
_PACKAGES = ("docker.io", "containerd")


@dataclass(frozen=True)
class Program:
    """Another dockerd.

    Attributes:
        tree: The folder whose usr/ has it.
        settings: Go into its configuration file.
        environment: Is added to that of this machine.
    """

    tree: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def dockerd(release: str) -> Program:
    """That of a Debian release ("trixie", "sid"); ``packages.Missing`` if it cannot be had."""
    return Program(unpacked(release, *_PACKAGES))


def as_release_29(program: Program) -> Program:
    """With what release 29 changes by default: no API below 1.44, images in containerd's store."""
    features = {"containerd-snapshotter": True}
    return Program(program.tree, {"features": features}, {"DOCKER_MIN_API_VERSION": "1.44"})
