"""The body of a container create: what placement needs of it, and what the engine gets.

Expressions come as env entries (``constraint:zone==a``) or as JSON lists in labels. They are taken
out of Env and kept in the labels, so that inspect shows them and rescheduling finds them. Fields
that are not known here pass through as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.mounts import mounted_images, named_volumes
from swarmd.core.container.network_endpoint import endpoint_network, plain_endpoint
from swarmd.core.container.resources import (
    RESERVE_LABEL,
    RESERVES,
    DeviceWish,
    cpuset_size,
    demanded,
    device_wishes,
    devices,
    shares_label,
)
from swarmd.core.container.ties import shared, ties
from swarmd.core.decode import fixed_ports
from swarmd.core.errors import BadParameter
from swarmd.core.expressions import MOST
from swarmd.core.image.image_reference import parse_reference
from swarmd.core.names import SWARM_LABELS
from swarmd.core.ports.port_range import PortRange, port_ranges
from swarmd.core.ports.port_wish import PortWish, port_wishes
from swarmd.core.predefined import IDS, PREDEFINED
from swarmd.core.request.bounds import check_count
from swarmd.core.request.json_types import Shapes, check_fields, mismatch

Json = Mapping[str, Any]
Expressions = Mapping[str, tuple[str, ...]]

EMPTY = "config cannot be empty in order to create a container"

# Prefix of the env entry -> label that keeps the expressions.
KINDS = {
    "constraint": SWARM_LABELS + "constraints",
    "affinity": SWARM_LABELS + "affinities",
    "whitelist": SWARM_LABELS + "whitelists",
    "reschedule": SWARM_LABELS + "reschedule-policies",
}
SPREAD_LABEL = SWARM_LABELS + "spread"
NO_DEMAND = Demand()
RESCHEDULE_POLICIES = ("off", "on-node-failure")


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """The body of a create: what it asks for.

    Attributes:
        labels: As the container will have them, expressions included.
        constraints, affinities, whitelists: Expressions as written.
        spread: The node label to spread over, "" for none.
        demand: ``ports`` are those that are asked for by number.
        port_wishes: The same of both, with the ports of the container that they lead to.
        port_ranges: Where the engine is to choose one of several.
        device_wishes: What ``--gpus`` and the like ask for; those by ID are in ``demand`` too.
        cpuset: How many CPUs a host must have for ``--cpuset-cpus``.
        network_mode: "default", "host", "container:web", a network's name …
        networks: Names or IDs of networks, the mode's own included if it is one.
        volumes: Names of volumes.
        containers: References to containers that must be on the same node, with the option that
            names each ("--link=db:db" as ("--link", "db")).
        mounted_images: References of images that are mounted.
    """

    image: str
    labels: Mapping[str, str] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    affinities: tuple[str, ...] = ()
    whitelists: tuple[str, ...] = ()
    spread: str = ""
    demand: Demand = NO_DEMAND
    port_ranges: tuple[PortRange, ...] = ()
    port_wishes: tuple[PortWish, ...] = ()
    device_wishes: tuple[DeviceWish, ...] = ()
    cpuset: int = 0
    network_mode: str = ""
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    containers: tuple[tuple[str, str], ...] = ()
    tty: bool = False
    mounted_images: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[str, ...]:
        """All that its node must have."""
        return tuple(dict.fromkeys((self.image, *self.mounted_images)))


def parse_create(body: Any) -> CreateRequest:
    """Reads a decoded body; BadParameter, in an engine's words, for what no engine would take."""
    _check(body)
    host = _host(body)
    expressions = _expressions(body)
    check_count(sum(map(len, expressions.values())), MOST, "Env", "scheduling expressions")
    labels = _labels(body, expressions)
    if (said := labels.get(RESERVE_LABEL, "hard")) not in RESERVES:
        raise BadParameter(f"label {RESERVE_LABEL} should be hard or soft, {said!r} is invalid")
    try:
        demand = _demand(body, host)
        labels |= shares_label(host, labels)
        ranges, wishes = port_ranges(host.get("PortBindings")), device_wishes(host)
        cpuset = cpuset_size(host.get("CpusetCpus") or "")
    except (TypeError, ValueError, AttributeError):
        raise BadParameter("invalid JSON: a value in HostConfig has a wrong type") from None
    _check_policies(expressions["reschedule"])
    return CreateRequest(
        image=body["Image"],
        labels=labels,
        constraints=expressions["constraint"],
        affinities=expressions["affinity"],
        whitelists=expressions["whitelist"],
        spread=labels.get(SPREAD_LABEL, ""),
        demand=demand,
        port_ranges=ranges,
        port_wishes=port_wishes(host),
        device_wishes=wishes,
        cpuset=cpuset,
        network_mode=host.get("NetworkMode") or "",
        networks=_networks(body, host),
        volumes=named_volumes(host),
        containers=ties(host),
        tty=bool(body.get("Tty")),
        mounted_images=mounted_images(host),
    )


def rewritten(body: Json, plain: Callable[[str], str] = str) -> dict[str, Any]:
    """The body for the engine: expressions in the labels, ``node/name`` references plain.

    Args:
        body: One that ``parse_create`` has taken; it is not changed.
        plain: Makes a reference to a container, network or volume one that its engine knows.
    """
    sent = dict(body)
    expressions = _expressions(body)
    if any(expressions.values()):
        sent["Labels"] = _labels(body, expressions)
        sent["Env"] = [entry for entry in body.get("Env") or () if not _expression(entry)]
    if body.get("HostConfig"):
        sent["HostConfig"] = _plain_host(body["HostConfig"], plain)
    if endpoints := _endpoints(body):
        renamed = {
            plain(name): plain_endpoint(name, endpoint, plain)
            for name, endpoint in endpoints.items()
        }
        sent["NetworkingConfig"] = {**body["NetworkingConfig"], "EndpointsConfig": renamed}
    return sent


# Shape

_SHAPES: Shapes = (
    ("Image", str, "string"),
    ("Env", list, "[]string"),
    ("Labels", dict, "map[string]string"),
    ("ExposedPorts", dict, "nat.PortSet"),
    ("Healthcheck", dict, "container.HealthConfig"),
    ("HostConfig", dict, "container.HostConfig"),
    ("NetworkingConfig", dict, "network.NetworkingConfig"),
    *((key, int, "int64") for key in ("Memory", "CpuShares")),
)
_HOST_SHAPES: Shapes = (
    ("Binds", list, "[]string"),
    ("Links", list, "[]string"),
    ("VolumesFrom", list, "[]string"),
    ("NetworkMode", str, "container.NetworkMode"),
    ("IpcMode", str, "container.IpcMode"),
    ("PidMode", str, "container.PidMode"),
    ("CpusetCpus", str, "string"),
    ("PortBindings", dict, "nat.PortMap"),
    ("Mounts", list, "[]mount.Mount"),
    ("DeviceRequests", list, "[]container.DeviceRequest"),
    *((key, int, "int64") for key in ("Memory", "MemoryReservation", "NanoCpus", "CpuShares")),
    *((key, int, "int64") for key in ("CpuQuota", "CpuPeriod")),
)


def _check(body: Any) -> None:
    if body is None:
        raise BadParameter(EMPTY)
    if not isinstance(body, dict):
        raise mismatch(body, "", "container.CreateRequest")
    check_fields(body, _SHAPES)
    check_fields(body.get("HostConfig") or {}, _HOST_SHAPES)
    for key in ("Env", "Labels"):
        _check_texts(key, body.get(key))
    for key in ("Binds", "Links", "VolumesFrom"):
        _check_texts(key, _host(body).get(key))
    if not body.get("Image"):
        raise BadParameter(EMPTY)
    parse_reference(body["Image"])


def _check_texts(key: str, values: Any) -> None:
    texts = values.values() if isinstance(values, dict) else values or ()
    for value in texts:
        if not isinstance(value, str) and (key != "Labels" or value is not None):
            raise mismatch(value, key, "string")


# Expressions


def _expressions(body: Json) -> dict[str, tuple[str, ...]]:
    """By kind; those of labels come first, as classic Swarm had it, and none comes twice."""
    found = {
        kind: label_list(label, (body.get("Labels") or {}).get(label))
        for kind, label in KINDS.items()
    }
    for entry in body.get("Env") or ():
        if said := _expression(entry):
            found[said[0]].append(said[1])
    return {kind: tuple(dict.fromkeys(texts)) for kind, texts in found.items()}


def _expression(entry: str) -> tuple[str, str] | None:
    """``constraint:zone==a`` as ("constraint", "zone==a"); None for an environment variable."""
    kind, colon, text = entry.partition(":")
    return (kind, text) if colon and kind in KINDS else None


def label_list(label: str, text: str | None) -> list[str]:
    """Classic Swarm took a list that does not parse for an empty one, and said nothing."""
    if not text:
        return []
    texts = _json(text) or _json(text.replace(r"\!", "!"))  # as an interactive shell leaves it
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise BadParameter(f'label {label} must be a JSON list of strings, like ["zone==a"]')
    return texts


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _labels(body: Json, expressions: Expressions) -> dict[str, str]:
    kept = {
        KINDS[kind]: orjson.dumps(texts).decode() for kind, texts in expressions.items() if texts
    }
    own = (body.get("Labels") or {}).items()
    return {**{key: value or "" for key, value in own}, **kept}


def _check_policies(texts: tuple[str, ...]) -> None:
    if len(texts) > 1:
        raise BadParameter("too many reschedule policies")
    for text in texts:
        if text not in RESCHEDULE_POLICIES:
            raise BadParameter(f"invalid reschedule policy: {text}")


# Resources


def _host(body: Json) -> dict[str, Any]:
    """``HostConfig``; before API 1.19 some of its fields stood outside of it."""
    host = dict(body.get("HostConfig") or {})
    for key in ("Memory", "CpuShares"):
        host[key] = body.get(key) or host.get(key)
    return host


def _demand(body: Json, host: Json) -> Demand:
    exposed = body.get("ExposedPorts") or ()
    if host.get("NetworkMode") == "host":
        ports = tuple(HostPort(*_private(port)) for port in exposed)
    else:
        ports = fixed_ports(host.get("PortBindings"))
    return demanded(body, host, ports, devices(host))


def _private(port: str) -> tuple[int, str]:
    number, _, proto = port.partition("/")
    return int(number.partition("-")[0]), proto or "tcp"


# References

_NO_NETWORKS = frozenset({"", "default", *PREDEFINED, *IDS.values()})


def _endpoints(body: Json) -> Json:
    endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig")
    if endpoints is None:
        return {}
    if not isinstance(endpoints, dict):
        raise mismatch(endpoints, "NetworkingConfig", "map[string]*network.EndpointSettings")
    for name, endpoint in endpoints.items():
        if endpoint is None:  # some engines fall over it without a word
            raise BadParameter(f"no EndpointSettings for {name}")
    return endpoints


def _networks(body: Json, host: Json) -> tuple[str, ...]:
    """The predefined ones are everywhere, so they say nothing of where to go."""
    endpoints = _endpoints(body)
    names = [host.get("NetworkMode") or "", *endpoints, *map(endpoint_network, endpoints.values())]
    wanted = (name for name in names if name not in _NO_NETWORKS and not shared(name))
    return tuple(dict.fromkeys(wanted))


def _plain_host(host: Json, plain: Callable[[str], str]) -> dict[str, Any]:
    """``host`` with every reference as its engine knows it; what names nothing stays."""
    sent = dict(host)
    for key in ("VolumesFrom", "Links"):
        if host.get(key):
            sent[key] = [_plain_first(text, plain) for text in host[key]]
    if host.get("Binds"):
        sent["Binds"] = [
            text if text.startswith("/") else _plain_first(text, plain) for text in host["Binds"]
        ]
    for key in ("NetworkMode", "IpcMode", "PidMode"):
        if mode := host.get(key):
            ref = shared(mode)
            sent[key] = f"container:{plain(ref)}" if ref else plain(mode)
    if host.get("Mounts"):
        sent["Mounts"] = [_plain_mount(mount, plain) for mount in host["Mounts"]]
    return sent


def _plain_first(text: str, plain: Callable[[str], str]) -> str:
    """Of ``/node-1/db:alias`` only what is before the colon names something."""
    ref, colon, rest = text.partition(":")
    asked = ref.removeprefix("/")
    known = plain(asked)
    return text if known == asked else known + colon + rest


def _plain_mount(mount: Json, plain: Callable[[str], str]) -> Json:
    if mount.get("Type") != "volume" or not mount.get("Source"):
        return mount
    return {**mount, "Source": plain(mount["Source"])}
