"""What an older API would drop in silence: such a create must not go to such an engine.

From the API's version history; dropping any of these changes what the container is. Several
networks (1.44) are not among them: ``swarmd.manager.containers.attempt`` joins them one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from swarmd.core.container.mac_addresses import ON_EACH_NETWORK, elsewhere
from swarmd.core.request.version import Version

Json = Mapping[str, Any]

_SYSCTLS = "com.docker.network.endpoint.sysctls"


class Feature(NamedTuple):
    """A part of the API that older engines do not know: ``since`` is the first version with it."""

    since: Version
    words: str


def features(body: Json, platform: str) -> Iterator[Feature]:
    """The features that a create uses; ``body`` is one that ``parse_create`` has taken."""
    host = body.get("HostConfig") or {}
    mounts = host.get("Mounts") or ()
    if platform:
        yield Feature((1, 41), "a platform")
    if host.get("Annotations"):
        yield Feature((1, 43), "annotations")
    if (body.get("Healthcheck") or {}).get("StartInterval"):
        yield Feature((1, 44), "a start interval of its health check")
    if _any(mounts, "VolumeOptions", "Subpath"):
        yield Feature((1, 45), "a subpath of a volume")
    if _any(mounts, "BindOptions", "ReadOnlyForceRecursive"):
        yield Feature((1, 44), "a mount that is read-only in all its depth")
    if _any(mounts, "TmpfsOptions", "Options"):
        yield Feature((1, 46), "options of a tmpfs")
    if any(mount.get("Type") == "image" for mount in mounts):
        yield Feature((1, 48), "an image as a mount")
    yield from _of_endpoints(body)


def _any(mounts: Iterable[Json], options: str, key: str) -> bool:
    return any(_object(mount.get(options)).get(key) for mount in mounts)


def _object(value: Any) -> Json:
    """What is none, engines refuse."""
    return value if isinstance(value, dict) else {}


def _of_endpoints(body: Json) -> Iterator[Feature]:
    endpoints = _object(_object(body.get("NetworkingConfig")).get("EndpointsConfig"))
    given = [_object(one) for one in endpoints.values()]
    if elsewhere(body):
        yield Feature(ON_EACH_NETWORK, "a MAC address on another than its main network")
    if any(_object(one.get("DriverOpts")).get(_SYSCTLS) for one in given):
        yield Feature((1, 46), "sysctls of a network's interface")
    if any(one.get("GwPriority") for one in given):
        yield Feature((1, 48), "a priority among gateways")
