"""Newer Docker engines than this machine's own, to be laid over its /usr."""

from __future__ import annotations

from pathlib import Path

from tests.lab.packages import unpacked

NEXT = "trixie"
NEWEST = "sid"
# Without runc: that one hangs on newer libraries, and every engine here gets on with this
# machine's own.
_PACKAGES = ("docker.io", "containerd")


def dockerd(release: str) -> Path:
    """That of a Debian release ("trixie", "sid"); ``packages.Missing`` if it cannot be had."""
    return unpacked(release, *_PACKAGES)
