"""Containers and networks that are there, as the creates that would have made them.

What a request takes of them is judged as if it were written in the request, so by the same rules.
Engines fill in what a create leaves out; what they fill in by themselves asks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from swarmd.authz.create_rules import Findings, judge_create, judge_network
from swarmd.authz.other_calls import judge_network_create
from swarmd.authz.policy import Glob, Limits
from swarmd.core.container.resources import hands_out_devices, taken_by_environment

Json = Mapping[str, Any]

CONTAINER = "container:"
# Everybody's, on every engine; that of the host is judged by its name.
FREE_NETWORKS = frozenset({"", "default", "bridge", "none", "host"})
# Written by engines of today into every bridge.
_ENGINES_OWN = ("com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6")
# What every engine masks that tells of masks at all. More is fine, less is the host laid open.
_MASKED = {
    "MaskedPaths": frozenset({"/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"}),
    "ReadonlyPaths": frozenset(
        {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
    ),
}
_ALL_DEVICES = "NVIDIA_VISIBLE_DEVICES=all"
_NO_LABEL = frozenset({"disable", "label:disable", "label=disable"})
_SHARED_LABEL = tuple(f"label={kind}:" for kind in ("user", "role", "type", "level"))


class Part(Enum):
    """How much of a container somebody takes.

    Who shares its processes reaches its files through ``/proc``, and a link hands its environment
    over: so that is all of it.
    """

    WHOLE = "whole"
    VOLUMES = "volumes"
    NETWORK = "network"
    IPC = "ipc"


class Taken(NamedTuple):
    """A container as somebody names it, and what he takes of it."""

    ref: str
    part: Part


class Standard(NamedTuple):
    """What an engine gives to a container that asks for nothing, as its ``/info`` tells."""

    runtime: str = "runc"
    log_driver: str = "json-file"
    cgroups: str = "host"
    runtimes: Mapping[str, Any] = {}

    @classmethod
    def of(cls, info: Json) -> Standard:
        private = "name=cgroupns" in (info.get("SecurityOptions") or ())
        return cls(
            str(info.get("DefaultRuntime") or cls().runtime),
            str(info.get("LoggingDriver") or cls().log_driver),
            "private" if private else "host",
            _object(info.get("Runtimes")),
        )

    def hands_out(self, runtime: str) -> bool:
        info = {"DefaultRuntime": self.runtime, "Runtimes": self.runtimes}
        return hands_out_devices(runtime, info)


def taken_by(body: Json) -> Iterator[Taken]:
    """The containers that a create names, its own body or that of one that is there."""
    host = _object(body.get("HostConfig"))
    for key, part in (("VolumesFrom", Part.VOLUMES), ("Links", Part.WHOLE)):
        yield from (Taken(_named(text), part) for text in _texts(host.get(key)))
    for key, part in (
        ("NetworkMode", Part.NETWORK),
        ("PidMode", Part.WHOLE),
        ("IpcMode", Part.IPC),
    ):
        mode = str(host.get(key) or "")
        if mode.startswith(CONTAINER):
            yield Taken(mode.removeprefix(CONTAINER), part)
    for endpoint in _object(_object(body.get("NetworkingConfig")).get("EndpointsConfig")).values():
        yield from linked_by(endpoint)


def linked_by(endpoint: Any) -> Iterator[Taken]:
    return (Taken(_named(text), Part.WHOLE) for text in _texts(_object(endpoint).get("Links")))


def volumes_of(shown: Json) -> list[str]:
    """The names of the volumes that an inspected container has, wherever it has them from."""
    mounts = map(_object, _items(shown.get("Mounts")))
    return list(dict.fromkeys(str(one["Name"]) for one in mounts if one.get("Name")))


def as_create(shown: Json, volumes: Mapping[str, Json | None], standard: Standard) -> Json:
    """An inspected container as the create that would give the same.

    Args:
        volumes: Its volumes as their engine shows them; None for one that is not there.
    """
    host = dict(_object(shown.get("HostConfig")))
    runtime = str(host.get("Runtime") or "")
    for key in ("Binds", "VolumesFrom", "VolumeDriver"):
        host.pop(key, None)  # its mounts tell what became of that
    host["Mounts"] = [_mount(one, volumes) for one in map(_object, _items(shown.get("Mounts")))]
    host["SecurityOpt"] = _security(host)
    if _object(host.get("LogConfig")).get("Type") == standard.log_driver:
        del host["LogConfig"]
    if host.get("Runtime") == standard.runtime:
        del host["Runtime"]
    if host.get("CgroupnsMode") == standard.cgroups:
        del host["CgroupnsMode"]
    for key, least in _MASKED.items():
        if host.get(key) is not None and least <= set(_texts(host[key])):
            del host[key]
    config = _object(shown.get("Config"))
    env = _texts(config.get("Env"))
    by_environment = standard.hands_out(runtime) and taken_by_environment(env)
    return {
        "Image": str(config.get("Image") or ""),
        "Env": [_ALL_DEVICES] if by_environment and not host.get("DeviceRequests") else [],
        "HostConfig": host,
    }


def part_of(body: Json, part: Part) -> Json:
    """What of a container's create concerns the part of it that is taken."""
    host = _object(body.get("HostConfig"))
    sysctls = _object(host.get("Sysctls"))
    kept: dict[str, Any] = {}
    match part:
        case Part.WHOLE:
            return body
        case Part.VOLUMES:
            kept["Mounts"] = host.get("Mounts")
        case Part.NETWORK:
            for key in ("NetworkMode", "PortBindings", "PublishAllPorts"):
                kept[key] = host.get(key)
            kept["Sysctls"] = {key: sysctls[key] for key in sysctls if key.startswith("net.")}
        case Part.IPC:
            kept["IpcMode"] = host.get("IpcMode")
            kept["Sysctls"] = {key: sysctls[key] for key in sysctls if not key.startswith("net.")}
    return {"HostConfig": kept}


def judge_part(body: Json, limits: Limits) -> Findings:
    """All that a role does not allow of a container that is there, or of a part of it."""
    host = dict(_object(body.get("HostConfig")))
    mounts = host.get("Mounts")
    host["Mounts"] = [one for one in _items(mounts) if not _shared_volume(_object(one), limits)]
    yield from judge_create({**body, "HostConfig": host}, limits)


def judge_volume_there(shown: Json, limits: Limits) -> Findings:
    """A volume by name; the policy may name it as one that is shared."""
    name = str(shown.get("Name") or "")
    mount = _mount({"Type": "volume", "Name": name, "RW": True}, {name: shown})
    yield from judge_part({"HostConfig": {"Mounts": [mount]}}, limits)


def judge_network_there(shown: Json, limits: Limits) -> Findings:
    """A network that is joined, by what it is; the policy may name it as one that is shared."""
    name = str(shown.get("Name") or "")
    yield from judge_network(name, limits)
    if name in FREE_NETWORKS or _fits(limits.networks, name):
        return
    options = _object(shown.get("Options"))
    made = {
        **shown,
        "Options": {key: options[key] for key in options if key not in _ENGINES_OWN},
        "ConfigFrom": _object(shown.get("ConfigFrom")).get("Network"),
        "IPAM": {"Driver": _object(shown.get("IPAM")).get("Driver")},  # its addresses are chosen
    }
    for found in judge_network_create(made, limits):
        yield found._replace(what=f"{found.what} (network {name})")


def _mount(one: Json, volumes: Mapping[str, Json | None]) -> dict[str, Any]:
    name = str(one.get("Name") or "")
    kind = str(one.get("Type") or ("volume" if name else "bind"))
    mount = {"Type": kind, "Source": name or one.get("Source"), "ReadOnly": one.get("RW") is False}
    if kind == "bind":
        # An engine's own doing where the source holds its folder; it only lets mounts in.
        propagation = str(one.get("Propagation") or "").removeprefix("rslave")
        mount["BindOptions"] = {"Propagation": propagation}
    if kind == "volume":
        shown = volumes.get(name)
        if shown is None:
            return {**mount, "Type": f"volume {name}, which is not to be looked at"}
        driver = {"Name": shown.get("Driver"), "Options": shown.get("Options")}
        mount["VolumeOptions"] = {"DriverConfig": driver}
    return mount


def _security(host: Json) -> list[str]:
    """Without what an engine adds for SELinux where namespaces are shared."""
    modes = [str(host.get(key) or "") for key in ("PidMode", "IpcMode")]
    options = _texts(host.get("SecurityOpt"))
    if host.get("Privileged") or "host" in modes:
        options = [one for one in options if one not in _NO_LABEL]
    if any(mode.startswith(CONTAINER) for mode in modes):
        options = [one for one in options if not one.startswith(_SHARED_LABEL)]
    return options


def _shared_volume(mount: Json, limits: Limits) -> bool:
    return mount.get("Type") == "volume" and _fits(limits.volumes, str(mount.get("Source")))


def _named(text: str) -> str:
    return text.partition(":")[0].removeprefix("/")


def _fits(globs: tuple[Glob, ...], name: str) -> bool:
    return any(glob.fits(name) for glob in globs)


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in _items(value) if isinstance(one, str)]
