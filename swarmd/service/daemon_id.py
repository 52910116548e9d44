"""The ID that ``docker info`` shows of this swarmd: the same after each restart."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path

MACHINE_ID = Path("/etc/machine-id")
_SPACE = uuid.UUID("7d2c1d3c-0d6e-4f0c-9d53-5c7c7f0f3f51")


def daemon_id(listen: Iterable[str], machine: Path = MACHINE_ID) -> str:
    """A UUID that follows from the machine and from where swarmd listens on it.

    A machine's own ID is not to be shown to others, so only a digest of it is.
    """
    return str(uuid.uuid5(_SPACE, f"{_machine(machine)} {' '.join(sorted(listen))}"))


def _machine(path: Path) -> str:
    """By its network card where it has no ID of its own, as in many containers."""
    try:
        text = path.read_text().strip()
    except (OSError, ValueError):
        text = ""
    return text or f"{uuid.getnode():012x}"
