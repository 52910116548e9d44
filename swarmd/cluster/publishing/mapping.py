"""Whether an engine maps ports of a container: in some networks it never does."""

from __future__ import annotations

import orjson

from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine, Network

# Networks of these are the host's own, or lead past it.
_UNMAPPED = frozenset({"host", "ipvlan", "macvlan", "null"})


def maps_ports(engine: Engine, container: Container) -> bool:
    """Not one that was disconnected from all, nor one whose networks are internal.

    What is not known of its networks yet is taken for one that does.
    """
    if not container.networks:
        return not container.image_id  # which only its engine tells, together with its networks
    return any(_maps(engine, name, id_) for name, id_ in container.networks)


def _maps(engine: Engine, name: str, network_id: str) -> bool:
    network = engine.networks.get(network_id) or _named(engine, name)
    if network is None:
        return True
    internal = b'"Internal":true' in network.entry and orjson.loads(network.entry).get("Internal")
    return not internal and network.driver not in _UNMAPPED


def _named(engine: Engine, name: str) -> Network | None:
    """Before its first start a container's networks have no IDs."""
    return next((one for one in engine.networks.values() if one.name == name), None)
