"""Engines take the keys of a JSON object in any case, so clients get away with any.

Ruby's docker-api connects a "container" to a network. What swarmd itself reads of a body is put
into the API's own spelling first; keys that it does not read pass as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Key -> the shape of its value, ANY for all keys of a map; a list has the shape of its items.
Shape = Mapping[str, "Shape"]

ANY = "*"


def keys(names: str) -> dict[str, Shape]:
    return {name: {} for name in names.split()}


_SIZES: Shape = keys("Memory MemoryReservation NanoCpus CpuShares CpuQuota CpuPeriod")
_ENDPOINT: Shape = keys("NetworkID MacAddress DriverOpts GwPriority")
CONTAINER_CREATE: Shape = {
    **keys("Image Env Labels ExposedPorts Tty Memory CpuShares"),
    "Healthcheck": keys("StartInterval"),
    "NetworkingConfig": {"EndpointsConfig": {ANY: _ENDPOINT}},
    "HostConfig": {
        **keys("Binds Links VolumesFrom NetworkMode IpcMode PidMode CpusetCpus Annotations"),
        **_SIZES,
        "PortBindings": {ANY: keys("HostIp HostPort")},
        "Mounts": {
            **keys("Type Source"),
            "VolumeOptions": keys("Subpath"),
            "BindOptions": keys("ReadOnlyForceRecursive"),
            "TmpfsOptions": keys("Options"),
        },
        "DeviceRequests": keys("Driver Count DeviceIDs Capabilities"),
    },
}
CONTAINER_UPDATE: Shape = _SIZES
EXEC_START: Shape = keys("Detach Tty")
NETWORK_CONNECT: Shape = {**keys("Container"), "EndpointConfig": keys("NetworkID")}
NETWORK_CREATE: Shape = {
    **keys("Name Driver Scope Labels"),
    **{"IPAM": keys("Config"), "ConfigFrom": keys("Network")},
}
VOLUME_CREATE: Shape = keys("Name Driver Labels")


def spelled(value: Any, shape: Shape) -> Any:
    """``value`` with the keys that ``shape`` names spelled as there; the last of a kind counts."""
    if not shape:
        return value
    if isinstance(value, list):
        return [spelled(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    if ANY in shape:
        return {key: spelled(item, shape[ANY]) for key, item in value.items()}
    own = {name.casefold(): name for name in shape}
    found = [(own.get(key.casefold()) or key, item) for key, item in value.items()]
    return {key: spelled(item, shape.get(key, {})) for key, item in found}
