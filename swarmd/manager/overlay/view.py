"""What operators are shown of the overlay, and who uses its networks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine, Network
from swarmd.manager.overlay.plan import SwarmPlan
from swarmd.manager.overlay.standing import NodeStanding, Swarm

INGRESS = "ingress"  # the swarm's own, for services
_MOST = 5  # containers that are named


def status_view(
    table: Sequence[NodeStanding], plan: SwarmPlan, engines: Mapping[str, Engine]
) -> dict[str, Any]:
    """``GET /swarmd/overlay``."""
    home = plan.home
    rows = sorted(table, key=lambda one: one.name)
    known = {one.node_id for one in table}
    others = [one for one in home.members.values() if one.id not in known] if home else []
    networks = {one.name for engine in engines.values() for one in overlays(engine)}
    return {
        "Up": home is not None,
        "ID": home.id if home else "",
        "Constraints": list(home.constraints) if home else [],
        "Services": home.services if home else 0,
        "Problem": plan.problem,
        "Nodes": [_row(one, home, plan.left.get(one.key, "")) for one in rows],
        "Others": [{"ID": one.id, "Name": one.name, "Up": one.up} for one in others],
        "Networks": sorted(networks) if home else [],
    }


def _row(one: NodeStanding, home: Swarm | None, reason: str) -> dict[str, Any]:
    member = home.members.get(one.node_id) if home is not None and one.node_id else None
    if member is None:
        status = "left alone" if reason else "outside"
    else:
        status = "in" if member.up and not one.problem else "in, not answering"
    role = ("manager" if member.manager else "worker") if member is not None else ""
    return {
        "Name": one.name,
        "Address": one.address,
        "Status": status,
        "Role": role,
        "Reason": reason,
        "Unsure": list(one.silent),
    }


def overlays(engine: Engine) -> Iterator[Network]:
    """Networks over nodes that are anybody's to use."""
    every = engine.networks.values()
    return (one for one in every if one.scope == "swarm" and one.name != INGRESS)


def users(engines: Iterable[Engine]) -> list[str]:
    """The networks that containers are in, each with some of those; running or not."""
    engines = list(engines)
    found: dict[str, list[str]] = {}
    names = {one.id: one.name for engine in engines for one in overlays(engine)}
    for engine in engines:
        for container in engine.containers.values():
            for network in _of(container, names, engine):
                found.setdefault(network, []).append(container.name)
    return [f"{network} ({_some(found[network])})" for network in sorted(found)]


def _of(container: Container, names: Mapping[str, str], engine: Engine) -> set[str]:
    """By ID; a container that never ran may know its networks by name alone."""
    local = {one.name for one in engine.networks.values() if one.scope != "swarm"}
    by_name = set(names.values()) - local
    return {
        names.get(id_) or name
        for name, id_ in container.networks
        if id_ in names or (name in by_name and not id_)
    }


def _some(containers: list[str]) -> str:
    more = len(containers) - _MOST
    return ", ".join(sorted(containers)[:_MOST]) + (f" and {more} more" if more > 0 else "")
