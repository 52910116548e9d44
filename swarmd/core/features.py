"""What an older API would drop in silence: such a create must not go to such an engine.

From the API's version history; dropping any of these changes what the container is. Several
networks (1.44) are not among them: ``swarmd.manager.making`` joins them one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from swarmd.core.version import Version


class Feature(NamedTuple):
    """``since`` is the first API that knows it."""

    since: Version
    words: str


def features(body: Mapping[str, Any], platform: str) -> Iterator[Feature]:
    """The features that a create uses; ``body`` is one that ``parse_create`` has taken."""
    host = body.get("HostConfig") or {}
    mounts = host.get("Mounts") or ()
    if platform:
        yield Feature((1, 41), "a platform")
    if host.get("Annotations"):
        yield Feature((1, 43), "annotations")
    if (body.get("Healthcheck") or {}).get("StartInterval"):
        yield Feature((1, 44), "a start interval of its health check")
    if any((mount.get("VolumeOptions") or {}).get("Subpath") for mount in mounts):
        yield Feature((1, 45), "a subpath of a volume")
    if any(mount.get("Type") == "image" for mount in mounts):
        yield Feature((1, 48), "an image as a mount")
