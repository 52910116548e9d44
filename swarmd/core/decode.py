"""From an engine's JSON to values: tolerant of what old engines leave out and new ones add.

What cannot be understood at all raises MalformedError, whatever is wrong with it: an engine is not
trusted to keep to the format.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import wraps
from sys import intern
from typing import Any, ParamSpec, TypeVar

from swarmd.core.container.container_state import (
    NO_LABELS,
    Container,
    Demand,
    HostPort,
    Mount,
    Published,
)
from swarmd.core.container.list_item import EVERY_ADDRESS, encode_entry, is_ipv6_alone, own_first
from swarmd.core.container.resources import as_made, demanded, devices
from swarmd.core.container.status import read_status, state_of
from swarmd.core.container.ties import ties
from swarmd.core.kept_json import kept_json
from swarmd.core.model import Image, Network, Volume
from swarmd.core.names import is_id
from swarmd.core.ports.port_wish import port_wishes
from swarmd.core.predefined import IDS

Json = Mapping[str, Any]
P = ParamSpec("P")
R = TypeVar("R")

STATES = frozenset({"created", "running", "paused", "restarting", "removing", "exited", "dead"})


class MalformedError(ValueError):
    """An engine's answer that is not what its API says."""


def _checked(read: Callable[P, R]) -> Callable[P, R]:
    @wraps(read)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise MalformedError(f"{read.__name__}: {error!r}") from error

    return wrapper


class Shared:
    """A table of equal values, of which one is kept.

    Equal values become one: the containers of a service differ in little but their IDs.
    """

    LIMIT = 20_000

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}

    def value(self, value: R) -> R:
        """``value``, or an equal one seen before; for what can be hashed."""
        return self._keep(value, value)

    def labels(self, labels: Json | None) -> Mapping[str, str]:
        if not labels:
            return NO_LABELS
        pairs = tuple((intern(str(name)), intern(str(value))) for name, value in labels.items())
        return self.made(("labels", pairs), lambda: dict(pairs))

    def made(self, key: Hashable, make: Callable[[], R]) -> R:
        """What was made for ``key`` before, else what ``make`` makes of it now."""
        found: R | None = self._values.get(key)
        return self._keep(key, make()) if found is None else found

    def _keep(self, key: Any, value: R) -> R:
        if len(self._values) >= self.LIMIT:
            self._values.clear()
        kept: R = self._values.setdefault(key, value)
        return kept


@_checked
def listed_container(
    item: Json, *, key: str, node: str, ip: str, now: float, shared: Shared, fraction: float = 0.0
) -> Container:
    """A list item; times are estimated from its Status text.

    Args:
        key: Of the engine.
        node: The engine's name, shown with each of the container's names.
        ip: The engine's address, shown for ports that are bound to every address.
        now: Seconds since the epoch on the engine's clock.
        fraction: Of the second in which it was created: the list tells it by its order alone.
    """
    names = own_first(item.get("Names") or ())
    seen = read_status(item.get("Status") or "")
    state = _state(item.get("State") or state_of(item.get("Status") or ""))
    at = now - seen.age if seen.has_age else 0.0
    ports = item.get("Ports") or ()
    mode = (item.get("HostConfig") or {}).get("NetworkMode") or ""
    return Container(
        id=_id(item["Id"]),
        engine=key,
        names=names,
        image=intern(item.get("Image") or ""),
        image_id=intern(item.get("ImageID") or ""),
        created=int(item.get("Created") or 0) + fraction,
        state=state,
        labels=shared.labels(item.get("Labels")),
        demand=shared.value(Demand(ports=_held(ports))),
        published=shared.value(tuple(_published(ports))),
        networks=shared.value(_networks(item.get("NetworkSettings"))),
        network_mode=intern(mode),
        mounts=shared.value(_mounts(item.get("Mounts"))),
        started_at=at,
        finished_at=at if state in ("exited", "restarting") else 0.0,
        exit_code=seen.exit_code,
        health=intern((item.get("Health") or {}).get("Status") or seen.health or "none"),
        failing=_failing(item.get("Health")),
        entry=encode_entry(item, names, node, ip),
    )


@_checked
def inspected_container(body: Json, *, key: str, shared: Shared) -> Container:
    """A whole inspect; all but ``entry`` and the names that links of others give it."""
    state, config, host = body["State"], body.get("Config") or {}, body["HostConfig"]
    settings = body.get("NetworkSettings") or {}
    ports = _port_map(settings.get("Ports"))
    return Container(
        id=_id(body["Id"]),
        engine=key,
        names=own_first([body["Name"]]),
        image=intern(config.get("Image") or ""),
        image_id=intern(body.get("Image") or ""),
        created=timestamp(body.get("Created")),
        state=_state(state.get("Status") or _old_state(state)),
        labels=shared.labels(config.get("Labels")),
        demand=shared.value(demand_of(config, host, ports)),
        published=shared.value(tuple(_published(ports))),
        networks=shared.value(_networks(settings)),
        network_mode=intern(host.get("NetworkMode") or ""),
        mounts=shared.value(_mounts(body.get("Mounts"))),
        wishes=shared.value(port_wishes(host)),
        tied=shared.value(_tied(host)),
        started_at=timestamp(state.get("StartedAt")),
        finished_at=timestamp(state.get("FinishedAt")),
        exit_code=int(state.get("ExitCode") or 0),
        health=intern((state.get("Health") or {}).get("Status") or "none"),
        failing=_failing(state.get("Health")),
        tty=bool(config.get("Tty")),
        detailed=True,
        sized=True,
    )


def _tied(host: Json) -> tuple[str, ...]:
    """Each once, as a container's name has no slash."""
    return tuple(dict.fromkeys(ref.removeprefix("/") for _, ref in ties(host)))


def demand_of(config: Json, host: Json, bound: Iterable[Json] = ()) -> Demand:
    """What a container holds, from its configuration and the ports that are ``bound`` now.

    With the host's own network nothing is mapped: what is exposed is taken as what is held.
    """
    if host.get("NetworkMode") == "host":
        ports = tuple(HostPort(*_port(port)) for port in config.get("ExposedPorts") or ())
    else:
        ports = (*fixed_ports(host.get("PortBindings")), *_held(bound))
    return demanded(config, as_made(config, host), ports, devices(host))


def fixed_ports(bindings: Json | None) -> tuple[HostPort, ...]:
    """The host ports that ``PortBindings`` asks for by number; ranges are the engine's choice."""
    return tuple(
        HostPort(int(number), protocol(port), _every(binding.get("HostIp")))
        for port, wanted in (bindings or {}).items()
        for binding in filter(None, wanted or ())
        if (number := str(binding.get("HostPort") or "")).isdecimal() and number != "0"
    )


def timestamp(text: str | None) -> float:
    """Seconds since the epoch of an engine's RFC 3339 time; 0 for its zero time, year 1."""
    if not text or text.startswith("0001-01-01"):
        return 0.0
    return datetime.fromisoformat(text).timestamp()


@_checked
def image(item: Json, shared: Shared) -> Image:
    """One value for all engines that list the same, since a fleet shares most of its images."""
    entry = kept_json(item)
    return shared.made(entry, lambda: _image(item, entry, shared))


def _image(item: Json, entry: bytes, shared: Shared) -> Image:
    return Image(
        id=intern(item["Id"]),
        tags=tuple(intern(tag) for tag in item.get("RepoTags") or () if tag != "<none>:<none>"),
        digests=tuple(intern(d) for d in item.get("RepoDigests") or () if d != "<none>@<none>"),
        created=int(item.get("Created") or 0),
        parent=intern(item.get("ParentId") or ""),
        labels=shared.labels(item.get("Labels")),
        entry=entry,
    )


def shown_image(shown: Json, shared: Shared) -> Image:
    """Out of an inspect, as a list would tell of it."""
    return image(_listed(shown), shared)


@_checked
def _listed(shown: Json) -> Json:
    descriptor = {"Descriptor": shown["Descriptor"]} if shown.get("Descriptor") else {}
    return {
        "Containers": -1,
        "Created": int(timestamp(shown.get("Created"))),
        "Id": shown["Id"],
        "Labels": (shown.get("Config") or {}).get("Labels"),
        "ParentId": shown.get("Parent") or "",
        "RepoDigests": shown.get("RepoDigests") or [],
        "RepoTags": shown.get("RepoTags") or [],
        "SharedSize": -1,
        "Size": shown.get("Size") or 0,
        **descriptor,
    }


@_checked
def network(item: Json, shared: Shared) -> Network:
    return Network(
        id=_id(item["Id"]),
        name=item["Name"] + "",
        driver=intern(item.get("Driver") or ""),
        scope=intern(item.get("Scope") or "local"),
        labels=shared.labels(item.get("Labels")),
        entry=kept_json(item),
    )


@_checked
def volume(item: Json, shared: Shared) -> Volume:
    return Volume(
        name=item["Name"] + "",
        driver=intern(item.get("Driver") or "local"),
        scope=intern(item.get("Scope") or "local"),
        labels=shared.labels(item.get("Labels")),
        entry=kept_json(item),
    )


def _id(text: str) -> str:
    """IDs become parts of paths, so an engine must not make them anything else."""
    if not is_id(text):
        raise ValueError(f"not an ID: {text!r:.80}")
    return text


def _state(word: str) -> str:
    if word not in STATES:
        raise ValueError(f"not a state: {word[:80]!r}")
    return intern(word)


def _failing(health: Json | None) -> int:
    return int((health or {}).get("FailingStreak") or 0)


def _old_state(state: Json) -> str:
    """Engines before API 1.21 give only truth values."""
    for flag, word in (("Paused", "paused"), ("Restarting", "restarting"), ("Running", "running")):
        if state.get(flag):
            return word
    return "exited" if timestamp(state.get("StartedAt")) else "created"


def protocol(port: str) -> str:
    """ "udp" of ``80/udp``; TCP where nothing is said."""
    return intern(port.partition("/")[2] or "tcp")


def _port(text: str) -> tuple[int, str]:
    """``80/udp`` as (80, "udp"); TCP where nothing is said."""
    return int(text.partition("/")[0]), protocol(text)


def _every(ip: str | None) -> str:
    return "" if ip is None or ip in EVERY_ADDRESS else ip


def _held(ports: Iterable[Json]) -> tuple[HostPort, ...]:
    held = (
        HostPort(int(port["PublicPort"]), intern(port["Type"]), _every(port.get("IP")))
        for port in ports
        if port.get("PublicPort")
    )
    return tuple(dict.fromkeys(held))


def _published(ports: Collection[Json]) -> Iterator[Published]:
    for port in ports:
        public = port.get("PublicPort")
        number = int(public) if public else None
        ip = "::" if is_ipv6_alone(port, ports) else _every(port.get("IP"))
        yield Published(int(port["PrivatePort"]), number, port["Type"] + "", ip)


def _port_map(ports: Json | None) -> list[dict[str, Any]]:
    """``NetworkSettings.Ports`` in the form of a list item's ``Ports``."""
    items: list[dict[str, Any]] = []
    for text, bindings in (ports or {}).items():
        private, proto = _port(text)
        exposed = {"PrivatePort": private, "Type": proto}
        bound = [
            {**exposed, "IP": binding.get("HostIp"), "PublicPort": int(binding["HostPort"])}
            for binding in bindings or ()
        ]
        items += bound or [exposed]
    return items


def _networks(settings: Json | None) -> tuple[tuple[str, str], ...]:
    networks = (settings or {}).get("Networks") or {}
    return tuple(
        (intern(name), intern(IDS.get(name) or (endpoint or {}).get("NetworkID") or ""))
        for name, endpoint in networks.items()
    )


def _mounts(mounts: Iterable[Json] | None) -> tuple[Mount, ...]:
    return tuple(
        Mount(
            intern(mount.get("Name") or ""),
            intern(mount.get("Source") or ""),
            intern(mount.get("Destination") or ""),
        )
        for mount in mounts or ()
    )
