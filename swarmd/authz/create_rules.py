"""What a role lets a container have of its host: one rule a function, each says what is missing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from swarmd.authz.policy import Glob, Limits
from swarmd.core.container.network_endpoint import endpoint_network
from swarmd.core.container.resources import asked_by_environment
from swarmd.core.image.image_reference import parse_reference
from swarmd.core.names import split_node
from swarmd.core.predefined import predefined_name

Json = Mapping[str, Any]
# What is wrong, each with the key of [role.X.create] that would allow it; "" if none does.
Findings = Iterator["Violation"]

_PRIVATE_MODES = {
    "PidMode": ("", "private"),
    "IpcMode": ("", "none", "private", "shareable"),
    "UTSMode": ("",),
    "UsernsMode": ("",),
    "CgroupnsMode": ("", "private"),
    "NetworkMode": (),
}
_HOST_KEYS = {
    "NetworkMode": "network",
    "PidMode": "pid",
    "IpcMode": "ipc",
    "UTSMode": "uts",
    "UsernsMode": "userns",
    "CgroupnsMode": "cgroup",
}
_FREE_SECURITY = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
# Fields that reach into the host and that no key of a policy allows.
_NEVER = ("CgroupParent", "Cgroup", "DeviceCgroupRules", "Annotations", "OomKillDisable",
          "CpuRealtimePeriod", "CpuRealtimeRuntime", "Capabilities")  # fmt: skip
_BIND_OPTIONS = frozenset(
    {"", "ro", "rw", "z", "Z", "nocopy", "private", "rprivate", "consistent", "cached", "delegated"}
)
_MOUNT_TYPES = ("bind", "volume", "tmpfs")
# What a tmpfs may be told. All else is refused, for with ``bind`` the kernel looks at no type: it
# mounts the host's folder.
_TMPFS_FLAGS = frozenset(
    {"", "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "noatime", "relatime"}
)
_TMPFS_SETTINGS = frozenset({"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge"})
# With its node or without; swarmd takes the node off, and what is left must still be a name.
_VOLUME = re.compile(r"(?:[^/:]+/)?[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_SERIES = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?\Z")


class Violation(NamedTuple):
    """What a create asks for and its role does not let it have.

    Attributes:
        what: What was asked for, in words.
        key: The key of ``[role.X.create]`` that has to allow it.
        value: What that key would have to hold.
    """

    what: str
    key: str = ""
    value: str | bool = ""


def judge_create(body: Json, limits: Limits) -> Findings:
    """All that a role does not allow of a create; ``body`` is as ``read_strictly`` gave it."""
    host = _object(body.get("HostConfig"))
    for rule in _RULES:
        yield from rule(host, limits)
    if body.get("Image"):  # without one there will be no container
        yield from judge_image(str(body["Image"]), limits)
    yield from _volume_driver(body.get("VolumeDriver"), limits)
    if not limits.gpus and (name := asked_by_environment(body.get("Env"))):
        yield Violation(f"{name} in the environment", "gpus", True)
    endpoints = _object(_object(body.get("NetworkingConfig")).get("EndpointsConfig"))
    for name, endpoint in endpoints.items():
        yield from judge_endpoint(name, endpoint, limits)


def networks_of(body: Json) -> list[str]:
    """Every network that a create names, as it names them."""
    mode = str(_object(body.get("HostConfig")).get("NetworkMode") or "")
    endpoints = _object(_object(body.get("NetworkingConfig")).get("EndpointsConfig"))
    by_id = filter(None, map(endpoint_network, endpoints.values()))
    return [mode, *endpoints, *by_id]


def judge_image(ref: str, limits: Limits) -> Findings:
    """By its name; an ID is none, so whoever knows what it means has to ask for that one's names.

    Raises:
        InvalidReference: No engine takes it.
    """
    if limits.images is None:
        return
    named = parse_reference(ref)
    names = () if named.is_id else (str(named), named.repository)
    if not any(glob.fits(name) for glob in limits.images for name in names):
        yield Violation(f"image {named}", "images", str(named))


def judge_endpoint(name: str, endpoint: Any, limits: Limits) -> Findings:
    yield from judge_network(name, limits)
    yield from judge_network(endpoint_network(endpoint), limits)
    if _object(endpoint).get("DriverOpts"):
        yield Violation("driver options of an endpoint")


def judge_network(ref: str, limits: Limits) -> Findings:
    """By what is left of ``ref`` once swarmd has taken a node off it."""
    name = split_node(ref)[1]
    name = predefined_name(name) or name
    if name.startswith("container:"):
        yield Violation(f"network {ref}")
    if name == "host" and "network" not in limits.host:
        yield Violation("the host's network", "host", "network")


def _object(value: Any) -> Json:
    """Engines refuse what is none, and so does the create itself."""
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _privileged(host: Json, limits: Limits) -> Findings:
    if host.get("Privileged") and not limits.privileged:
        yield Violation("privileged", "privileged", True)


def _namespaces(host: Json, limits: Limits) -> Findings:
    for key, private in _PRIVATE_MODES.items():
        mode = str(host.get(key) or "")
        if mode.startswith("container:") and key in ("NetworkMode", "PidMode", "IpcMode"):
            continue  # whose container that is, is judged where it is looked up
        if key == "NetworkMode":
            yield from judge_network(mode, limits)
        elif mode not in private and _HOST_KEYS[key] not in limits.host:
            yield Violation(f"{key} {mode}", "host", _HOST_KEYS[key])


def _devices(host: Json, limits: Limits) -> Findings:
    for device in _items(host.get("Devices")):
        path = str(_object(device).get("PathOnHost"))
        if posixpath.normpath(path) != path or not _fits(limits.devices, path):
            yield Violation(f"device {path}", "devices", path)
    for request in map(_object, _items(host.get("DeviceRequests"))):
        yield from _device_request(request, limits)


def _device_request(request: Json, limits: Limits) -> Findings:
    """By CDI a device brings mounts and hooks of its host along, so each counts by its name."""
    driver = str(request.get("Driver") or "")
    if driver == "cdi":
        for name in map(str, _items(request.get("DeviceIDs"))):
            if not _fits(limits.devices, name):
                yield Violation(f"device {name}", "devices", name)
    elif not limits.gpus:
        yield Violation("device requests (--gpus)", "gpus", True)
    elif driver not in ("", "nvidia", "amd") or not all(
        "gpu" in _items(group) for group in _items(request.get("Capabilities")) or [[]]
    ):
        yield Violation(f"device request by driver {driver or 'none'} for other than GPUs")


def _capabilities(host: Json, limits: Limits) -> Findings:
    for text in _items(host.get("CapAdd")):
        name = str(text).upper().removeprefix("CAP_")
        if name not in limits.capabilities:
            yield Violation(f"capability {name}", "capabilities", name)


def _security(host: Json, limits: Limits) -> Findings:
    for text in map(str, _items(host.get("SecurityOpt"))):
        if text not in _FREE_SECURITY and text not in limits.security_opt:
            yield Violation(f"security option {text}", "security_opt", text)
    # An empty list is what systempaths=unconfined becomes.
    for key in ("MaskedPaths", "ReadonlyPaths"):
        if host.get(key) is not None and "systempaths=unconfined" not in limits.security_opt:
            yield Violation(f"own {key}", "security_opt", "systempaths=unconfined")


def _sysctls(host: Json, limits: Limits) -> Findings:
    for name in _object(host.get("Sysctls")):
        if not _fits(limits.sysctls, name):
            yield Violation(f"sysctl {name}", "sysctls", name)


def _runtime(host: Json, limits: Limits) -> Findings:
    runtime = str(host.get("Runtime") or "")
    if runtime and runtime not in limits.runtimes:
        yield Violation(f"runtime {runtime}", "runtimes", runtime)


def _never(host: Json, limits: Limits) -> Findings:
    for key in _NEVER:
        if host.get(key):
            yield Violation(f"HostConfig.{key}")
    score = host.get("OomScoreAdj")
    if isinstance(score, (int, float)) and score < 0:
        yield Violation("a negative HostConfig.OomScoreAdj")


def _logging(host: Json, limits: Limits) -> Findings:
    driver = str(_object(host.get("LogConfig")).get("Type") or "")
    if driver and driver not in limits.log_drivers:
        yield Violation(f"log driver {driver}", "log_drivers", driver)


# Ports


def _ports(host: Json, limits: Limits) -> Findings:
    if host.get("PublishAllPorts") and not limits.publish_all:
        yield Violation("publishing all ports (-P)", "publish_all", True)
    for port, bindings in _object(host.get("PortBindings")).items():
        proto = port.partition("/")[2].lower() or "tcp"
        for binding in _items(bindings) or [{}]:
            yield from _port(str(_object(binding).get("HostPort") or ""), proto, limits)


def _port(text: str, proto: str, limits: Limits) -> Findings:
    """Without a number the engine takes one of its own range, as with -P."""
    if text in ("", "0"):
        if not limits.publish_all:
            yield Violation("publishing on any port", "publish_all", True)
        return
    found = _SERIES.match(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 1 << 16)
    allowed = (one for one in limits.ports if one.proto == proto)
    if not any(one.first <= first and last <= one.last for one in allowed):
        yield Violation(f"host port {text}/{proto}", "ports", f"{text}/{proto}")


# Mounts


def _mounts(host: Json, limits: Limits) -> Findings:
    for text in map(str, _items(host.get("Binds"))):
        yield from _bind(text, limits)
    for mount in map(_object, _items(host.get("Mounts"))):
        yield from _mount(mount, limits)
    for options in _object(host.get("Tmpfs")).values():
        yield from _tmpfs(str(options or ""))
    yield from _volume_driver(host.get("VolumeDriver"), limits)


def _tmpfs(options: str) -> Findings:
    for option in options.split(","):
        if option not in _TMPFS_FLAGS and option.partition("=")[0] not in _TMPFS_SETTINGS:
            yield Violation(f"tmpfs option {option}")


def _bind(text: str, limits: Limits) -> Findings:
    source, colon, rest = text.partition(":")
    options = rest.partition(":")[2].split(",")
    for option in options:
        if option not in _BIND_OPTIONS:
            yield Violation(f"mount option {option}")
    if colon and source.startswith("/"):
        yield from _source(source, "ro" in options, limits)
    elif colon and not _VOLUME.match(source):
        yield Violation(f"mount of {source}: neither an absolute path nor a volume's name")


def _mount(mount: Json, limits: Limits) -> Findings:
    kind = str(mount.get("Type") or "")
    if kind not in _MOUNT_TYPES:
        yield Violation(f"mount of type {kind or 'nothing'}")
    if kind == "bind":
        options = _object(mount.get("BindOptions"))
        if str(options.get("Propagation") or "") not in ("", "private", "rprivate"):
            yield Violation(f"bind propagation {options['Propagation']}")
        # Mounts below the source stay writable unless told otherwise, so it counts as that.
        yield from _source(str(mount.get("Source") or ""), bool(mount.get("ReadOnly")), limits)
    source = str(mount.get("Source") or "")
    if kind == "volume" and source and not _VOLUME.match(source):
        yield Violation(f"mount of {source}: no volume's name")
    driver = _object(_object(mount.get("VolumeOptions")).get("DriverConfig"))
    yield from judge_volume_driver(driver.get("Name"), driver.get("Options"), limits)


def _source(path: str, read_only: bool, limits: Limits) -> Findings:
    """As the engine cleans it; where a link within leads to, only the host knows."""
    clean = posixpath.normpath("/" + path.lstrip("/"))
    if ".." in path.split("/"):
        yield Violation(f"bind mount of {path}: a path with ..")
    elif not _below(clean, limits.binds) and not (read_only and _below(clean, limits.read_only)):
        yield Violation(f"bind mount of {clean}", "read_only" if read_only else "binds", clean)


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(f"{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _volume_driver(name: Any, limits: Limits) -> Findings:
    yield from judge_volume_driver(name, None, limits)


def judge_volume_driver(name: Any, options: Any, limits: Limits) -> Findings:
    """``local`` mounts whatever its options name, so they count as a bind mount."""
    driver = str(name or "local")
    if driver not in limits.volume_drivers:
        yield Violation(f"volume driver {driver}", "volume_drivers", driver)
    given = {str(key): str(value) for key, value in _object(options).items()}
    if driver == "local" and given:
        yield from _local_volume(given, limits)


def _local_volume(given: Mapping[str, str], limits: Limits) -> Findings:
    flags, device = given.get("o", "").split(","), given.get("device", "")
    known = set(given) <= {"type", "o", "device"}
    if known and "bind" in flags and set(flags) <= {"bind", "ro"} and device.startswith("/"):
        yield from _source(device, "ro" in flags, limits)
    elif known and given.get("type") == "tmpfs" and device in ("", "none", "tmpfs"):
        yield from _tmpfs(given.get("o", ""))
    else:
        yield Violation("options of the local volume driver")


def _fits(globs: tuple[Glob, ...], text: str) -> bool:
    return any(glob.fits(text) for glob in globs)


_RULES: tuple[Callable[[Json, Limits], Findings], ...] = (
    _privileged,
    _namespaces,
    _devices,
    _capabilities,
    _security,
    _sysctls,
    _runtime,
    _never,
    _logging,
    _ports,
    _mounts,
)
