"""What engines tell of their swarm mode, read. Pure; an engine may tell anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from swarmd.core.addresses import parse_address
from swarmd.core.container.create_request import label_list
from swarmd.core.errors import BadParameter
from swarmd.core.names import is_id
from swarmd.core.printable import in_one_line
from swarmd.manager.overlay.standing import MARK, MARK_CONSTRAINTS, Member, NodeStanding, Swarm

Json = Mapping[str, Any]
_STATES = ("inactive", "pending", "active", "error", "locked")
_LONGEST = 300  # characters of an engine's words
_MOST_REMOTES = 100


def standing_of(key: str, name: str, info: Json) -> NodeStanding:
    """What an engine's ``/info`` tells of itself."""
    said = _object(info.get("Swarm"))
    state = said.get("LocalNodeState")
    node_id = str(said.get("NodeID") or "")
    return NodeStanding(
        key,
        name,
        state=state if state in _STATES else "inactive",
        error=in_one_line(str(said.get("Error") or ""))[:_LONGEST],
        node_id=node_id if is_id(node_id) else "",
        manager=bool(said.get("ControlAvailable")),
        remotes=tuple(_hosts(said.get("RemoteManagers")))[:_MOST_REMOTES],
    )


def swarm_of(swarm: Json, nodes: Iterable[Json], services: int) -> Swarm:
    """What a manager tells of its swarm."""
    labels = _object(_object(swarm.get("Spec")).get("Labels"))
    members = (_member(node) for node in nodes)
    return Swarm(
        str(swarm.get("ID") or ""),
        MARK in labels,
        services,
        {one.id: one for one in members if is_id(one.id)},
        _constraints(labels.get(MARK_CONSTRAINTS)),
    )


def _member(node: Json) -> Member:
    status, manages = _object(node.get("Status")), _object(node.get("ManagerStatus"))
    manager = _object(node.get("Spec")).get("Role") == "manager"
    reachable = manages.get("Reachability") == "reachable"
    version = _object(node.get("Version")).get("Index")
    return Member(
        str(node.get("ID") or ""),
        in_one_line(str(_object(node.get("Description")).get("Hostname") or ""))[:_LONGEST],
        _host(manages.get("Addr")) or str(status.get("Addr") or ""),
        manager,
        reachable if manager else status.get("State") == "ready",
        version if isinstance(version, int) else 0,
    )


def _constraints(text: Any) -> tuple[str, ...]:
    try:
        return tuple(label_list(MARK_CONSTRAINTS, text if isinstance(text, str) else None))
    except BadParameter:
        return ()


def _hosts(remotes: Any) -> Iterable[str]:
    for one in remotes if isinstance(remotes, list) else ():
        if host := _host(_object(one).get("Addr")):
            yield host


def _host(address: Any) -> str:
    try:
        return parse_address(address).host if address and isinstance(address, str) else ""
    except ValueError:
        return ""


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
