"""Reads a JSON body so that an engine cannot read anything else out of it.

Engines take keys in any case, by Go's folding, and merge objects whose keys repeat. So keys that
fold alike are refused, and what is known gets the API's own spelling; what was judged is what is
sent. Maps whose keys are data (labels, ports) are left alone.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from swarmd.core.errors import BadParameter
from swarmd.core.request.json_keys import ANY, Shape, keys

_MOST_DIGITS = 20  # with a sign, of 64 bits
_MAP: Shape = {ANY: {}}
_OPTIONS: Shape = {**keys("Name Driver Type"), "Options": _MAP, "Config": _MAP}
_MOUNT: Shape = {
    **keys("Type Source Target ReadOnly Consistency"),
    "BindOptions": keys(
        "Propagation NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive"
    ),
    "VolumeOptions": {**keys("NoCopy Subpath"), "Labels": _MAP, "DriverConfig": _OPTIONS},
    "ImageOptions": keys("Subpath"),
    "TmpfsOptions": keys("SizeBytes Mode Options"),
}
_RESOURCES = keys(
    "CpuShares Memory BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps "
    "BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpusetCpus CpusetMems "
    "KernelMemory KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness NanoCpus "
    "OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth "
    "CgroupParent CpuRealtimePeriod CpuRealtimeRuntime DeviceCgroupRules"
)
_HOST: Shape = {
    **_RESOURCES,
    **keys(
        "Binds ContainerIDFile NetworkMode AutoRemove VolumeDriver VolumesFrom ConsoleSize CapAdd "
        "CapDrop CgroupnsMode Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links "
        "OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt UTSMode "
        "UsernsMode ShmSize Runtime Isolation MaskedPaths ReadonlyPaths Init Capabilities"
    ),
    "RestartPolicy": keys("Name MaximumRetryCount"),
    "Devices": keys("PathOnHost PathInContainer CgroupPermissions"),
    "DeviceRequests": {**keys("Driver Count DeviceIDs Capabilities"), "Options": _MAP},
    "PortBindings": {ANY: keys("HostIp HostPort")},
    "Mounts": _MOUNT,
    "LogConfig": _OPTIONS,
    **dict.fromkeys(("Annotations", "StorageOpt", "Tmpfs", "Sysctls"), _MAP),
}
_ENDPOINT: Shape = {
    "IPAMConfig": keys("IPv4Address IPv6Address LinkLocalIPs"),
    **keys(
        "Links Aliases MacAddress GwPriority NetworkID EndpointID Gateway IPAddress IPPrefixLen "
        "IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen DNSNames"
    ),
    "DriverOpts": _MAP,
}
_CONFIG: Shape = {
    **keys(
        "Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce "
        "Env Cmd ArgsEscaped Image WorkingDir Entrypoint NetworkDisabled MacAddress OnBuild "
        "StopSignal StopTimeout Shell Healthcheck Memory MemorySwap CpuShares Cpuset VolumeDriver"
    ),
    **dict.fromkeys(("ExposedPorts", "Volumes", "Labels"), _MAP),
}

CREATE: Shape = {
    **_CONFIG,
    "HostConfig": _HOST,
    "NetworkingConfig": {"EndpointsConfig": {ANY: _ENDPOINT}},
}
UPDATE: Shape = {**_RESOURCES, "RestartPolicy": keys("Name MaximumRetryCount")}
COMMIT: Shape = _CONFIG
EXEC: Shape = keys(
    "AttachStdin AttachStdout AttachStderr DetachKeys Tty Env Cmd Privileged User WorkingDir "
    "ConsoleSize Detach Container"
)
CHECKPOINT: Shape = keys("CheckpointID CheckpointDir Exit")
CONNECT: Shape = {**keys("Container Force"), "EndpointConfig": _ENDPOINT}
NETWORK: Shape = {
    **keys(
        "Name CheckDuplicate Driver Internal Attachable Ingress EnableIPv4 EnableIPv6 Scope "
        "ConfigOnly ConfigFrom"
    ),
    "IPAM": {**keys("Driver Config"), "Options": _MAP},
    **dict.fromkeys(("Options", "Labels"), _MAP),
}
VOLUME: Shape = {
    **keys("Name Driver"),
    **dict.fromkeys(("DriverOpts", "Labels"), _MAP),
}


def read_strictly(body: bytes, shape: Shape, *, closed: bool) -> dict[str, Any]:
    """The object in ``body``, with known keys spelled as in the API.

    Args:
        closed: Keys that the shape does not know are refused, since nobody judges them.

    Raises:
        BadParameter: It is none, or could be read in two ways.
    """
    try:
        value = json.loads(
            body.decode() or "{}",  # in no other encoding, which json would take
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_int=_whole_number,
            parse_float=_number,
        )
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    value = {} if value is None else value  # as Go reads it
    if not isinstance(value, dict):
        raise BadParameter("invalid JSON: an object is expected")
    spelt: dict[str, Any] = _spelt(value, shape, "", closed)
    return spelt


def render(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key repeats")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text:.40} is no number")


def _whole_number(text: str) -> int:
    """Engines read each into 64 bits or less."""
    number = int(text) if len(text) <= _MOST_DIGITS else 0
    if len(text) > _MOST_DIGITS or not -(1 << 63) <= number < 1 << 64:
        raise ValueError(f"the number {text:.40} has more than 64 bits")
    return number


def _number(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"the number {text:.40} is too large")
    return number


def _spelt(value: Any, shape: Shape, place: str, closed: bool) -> Any:
    if isinstance(value, list):
        return [_spelt(item, shape, place, closed) for item in value]
    if not isinstance(value, dict) or not shape:
        return value
    if ANY in shape:
        return {
            key: _spelt(item, shape[ANY], f"{place}{key}.", closed) for key, item in value.items()
        }
    own = {name.casefold(): name for name in shape}
    spelt: dict[str, Any] = {}
    folded: set[str] = set()
    for key, item in value.items():
        name = own.get(key.casefold())
        if name is None and closed and item not in (None, "", [], {}, False, 0):
            raise BadParameter(f"denied by policy: {place}{key} is a key that swarmd cannot judge")
        name = name or key
        if key.casefold() in folded:
            raise BadParameter(f"invalid JSON: the key {place}{key} repeats")
        folded.add(key.casefold())
        spelt[name] = _spelt(item, shape.get(name, {}), f"{place}{name}.", closed)
    return spelt
