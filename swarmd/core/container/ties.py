"""The containers that a ``HostConfig`` names: they and the new one must be on one node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MODES = (("NetworkMode", "--network"), ("IpcMode", "--ipc"), ("PidMode", "--pid"))


def ties(host: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """References with the option that names each: ``--link=db:db`` as ("--link", "db")."""
    found = [("--volumes-from", ref.partition(":")[0]) for ref in host.get("VolumesFrom") or ()]
    found += [("--link", link.partition(":")[0]) for link in host.get("Links") or ()]
    for key, option in _MODES:
        if ref := shared(host.get(key) or ""):
            found.append((option, ref))
    return tuple(dict.fromkeys(found))


def shared(mode: str) -> str:
    """The container in ``container:web``; "" for any other mode."""
    return mode.removeprefix("container:") if mode.startswith("container:") else ""
