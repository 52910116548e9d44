"""The networks that every engine has. To clients each is one network, with one ID.

An engine invents the IDs of its own, and the one of ``bridge`` anew at each start. The ID that
clients are shown follows from the name: it is the same on all nodes, after every restart, and at
every swarmd.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

# Of each engine in swarm mode, for what its containers on overlay networks ask of the world.
GATEWAY = "docker_gwbridge"
PREDEFINED = frozenset({"bridge", "host", "none"})

IDS: Mapping[str, str] = {
    name: sha256(f"swarmd network {name}".encode()).hexdigest() for name in sorted(PREDEFINED)
}
_NAMES = {shown: name for name, shown in IDS.items()}


def predefined_name(ref: str) -> str:
    """The name of the one that ``ref`` means, by its name or the ID that clients know; else ""."""
    return ref if ref in PREDEFINED else _NAMES.get(ref, "")


def with_shown_ids(settings: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """``NetworkSettings`` of a container, with the IDs that clients know."""
    networks = (settings or {}).get("Networks")
    if not isinstance(networks, dict) or PREDEFINED.isdisjoint(networks):
        return settings
    shown = {name: _shown(name, endpoint) for name, endpoint in networks.items()}
    return {**(settings or {}), "Networks": shown}


def _shown(name: str, endpoint: Any) -> Any:
    known = IDS.get(name)
    if known is None or not isinstance(endpoint, dict) or not endpoint.get("NetworkID"):
        return endpoint
    return {**endpoint, "NetworkID": known}
