"""A container as a create could make it again, read off an engine's inspect of it. Pure.

What a new container would lack are the reasons to leave the old one where it is: files in volumes
and bind mounts of its node, devices, other containers that it hangs on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from swarmd.core.container.create_request import CreateRequest, parse_create
from swarmd.core.container.personal_labels import MOVE
from swarmd.core.names import KEPT_CONTAINER
from swarmd.core.predefined import PREDEFINED

Json = Mapping[str, Any]

NEVER, STATELESS, ALWAYS = "never", "stateless", "always"

STARTED = "it has been started before"

_SERVICE_TASK = "com.docker.swarm.task.id"
_PREDEFINED = PREDEFINED | {"default", ""}
_NEVER = re.compile("0001-01-01T")  # of an engine's clock
_ENDPOINT = ("IPAMConfig", "Links", "DriverOpts", "GwPriority")


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What is needed to make a container again on another node.

    Attributes:
        body: For the create, with the one network that every engine takes there.
        config: What placement needs, of all networks.
        further: Networks to be connected before the start, with their endpoint settings.
    """

    name: str
    body: Json
    config: CreateRequest
    further: Mapping[str, Json]


def blueprint(inspect: Json, name: str) -> Blueprint:
    """The container of ``inspect`` under ``name``; BadParameter if no engine would take it."""
    host = _host(inspect)
    endpoints = _endpoints(inspect)
    mode = str(host.get("NetworkMode") or "")
    first = {key: value for key, value in endpoints.items() if key == mode}
    further = {key: value for key, value in endpoints.items() if key != mode}
    body = {**_config(inspect, mode), "HostConfig": host}
    whole = {**body, "NetworkingConfig": {"EndpointsConfig": endpoints}}
    sent = {**body, "NetworkingConfig": {"EndpointsConfig": first}}
    return Blueprint(name, sent, parse_create(whole), further)


def _config(inspect: Json, mode: str) -> dict[str, Any]:
    """What engines fill in themselves is left to them: the new container has another ID."""
    config = dict(inspect["Config"])
    labels = config.get("Labels") or {}
    config["Labels"] = {key: labels[key] for key in labels if key != KEPT_CONTAINER}
    invented = config.get("Hostname") == inspect["Id"][:12]
    if invented or mode == "host" or mode.startswith("container:"):
        config.pop("Hostname", None)
        config.pop("Domainname", None)
    return config


def _host(inspect: Json) -> dict[str, Any]:
    """Links are told as ``/db:/web/alias``; a network's ID means nothing on another node."""
    host = dict(inspect.get("HostConfig") or {})
    host.pop("ContainerIDFile", None)
    host["Links"] = [_link(text) for text in host.get("Links") or ()]
    networks = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    for name, endpoint in networks.items():
        if host.get("NetworkMode") == (endpoint or {}).get("NetworkID"):
            host["NetworkMode"] = name
    return host


def _link(text: str) -> str:
    target, _, alias = text.partition(":")
    return f"{target.removeprefix('/')}:{alias.rpartition('/')[2]}"


def _endpoints(inspect: Json) -> dict[str, Json]:
    """Of networks that people made; the settings that they gave, not what came of them."""
    networks = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    return {
        name: _endpoint(endpoint or {}, inspect["Id"][:12])
        for name, endpoint in networks.items()
        if name not in _PREDEFINED
    }


def _endpoint(endpoint: Json, short_id: str) -> Json:
    kept = {key: endpoint[key] for key in _ENDPOINT if endpoint.get(key)}
    aliases = [alias for alias in endpoint.get("Aliases") or () if alias != short_id]
    return {**kept, "Aliases": aliases} if aliases else kept


# What speaks against it


def reasons_to_stay(
    inspect: Json, shared_volumes: frozenset[str] = frozenset(), *, lost: bool = False
) -> list[str]:
    """Why the container must stay on its node, in words; empty if it may go.

    Args:
        shared_volumes: Names of those volumes that other nodes have as well.
        lost: Its node is gone, so nothing is stopped; and what it hangs on may go with it.
    """
    labels = (inspect.get("Config") or {}).get("Labels") or {}
    host = inspect.get("HostConfig") or {}
    if _SERVICE_TASK in labels:
        return ["it is a task of a service, which its own swarm moves"]
    policy = labels.get(MOVE, STATELESS)
    if policy == NEVER:
        return [f"its label {MOVE} is {NEVER}"]
    found = [*_namespaces(host)] if lost else [*_namespaces(host), *_partners(host)]
    if policy != ALWAYS:
        found += _data(inspect, shared_volumes)
        if host.get("AutoRemove") and not lost:
            found.append("it was made with --rm, and is gone once stopped")
    return found


def reasons_not_to_follow(
    inspect: Json, named: Collection[str], shared_volumes: frozenset[str]
) -> list[str]:
    """Why a container must not be made again elsewhere under its ID; empty if it may.

    Args:
        named: Names of its volumes that were given at its create.
        shared_volumes: Names of those volumes that other nodes have as well.
    """
    state, host = inspect.get("State") or {}, inspect.get("HostConfig") or {}
    labels = (inspect.get("Config") or {}).get("Labels") or {}
    if state.get("Status") != "created" or not _NEVER.match(str(state.get("StartedAt"))):
        return [STARTED]
    if _SERVICE_TASK in labels or labels.get(MOVE) == NEVER:
        return ["it is said to stay"]
    found = [*_namespaces(host), *_partners(host)]
    if host.get("DeviceRequests") or host.get("Devices"):
        found.append("it was given devices of its node")
    volumes = (
        one.get("Name") for one in inspect.get("Mounts") or () if one.get("Type") == "volume"
    )
    return found + [
        f"its volume {one} is there" for one in volumes if one in {*named} - shared_volumes
    ]


def _namespaces(host: Json) -> Iterator[str]:
    for key, option in (("NetworkMode", "network"), ("IpcMode", "ipc"), ("PidMode", "pid")):
        if str(host.get(key) or "").startswith("container:"):
            yield f"it lives in another container's --{option}"


def _partners(host: Json) -> Iterator[str]:
    for key, option in (("Links", "--link"), ("VolumesFrom", "--volumes-from")):
        if host.get(key):
            yield f"it hangs on other containers by {option}"


def _data(inspect: Json, shared_volumes: frozenset[str]) -> Iterator[str]:
    """What would be empty, or another thing, on another node."""
    for mount in inspect.get("Mounts") or ():
        kind, target = mount.get("Type"), mount.get("Destination")
        if kind == "bind":
            yield f"{mount.get('Source')} of this node is mounted on {target}"
        elif kind == "volume" and mount.get("Name") not in shared_volumes:
            yield f"volume {mount.get('Name')}, mounted on {target}, is on this node alone"
    for device in (inspect.get("HostConfig") or {}).get("Devices") or ():
        yield f"it uses this node's {device.get('PathOnHost')}"
