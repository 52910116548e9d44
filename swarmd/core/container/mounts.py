"""What ``Binds`` and ``Mounts`` of a container take of its host by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.core.image.image_reference import parse_reference
from swarmd.core.request.json_types import Shapes, check_fields, mismatch

Json = Mapping[str, Any]

_SHAPES: Shapes = (
    ("Type", str, "mount.Type"),
    ("Source", str, "string"),
    ("VolumeOptions", dict, "mount.VolumeOptions"),
)


def named_volumes(host: Json) -> tuple[str, ...]:
    """With their nodes, as they are named."""
    binds = (bind.partition(":")[0] for bind in host.get("Binds") or () if ":" in bind)
    named = [source for source in binds if source and not source.startswith(("/", ".", "~"))]
    return tuple(dict.fromkeys([*named, *_sources(host, "volume")]))


def mounted_images(host: Json) -> tuple[str, ...]:
    """Raises InvalidReference for what no engine takes for an image's name."""
    found = _sources(host, "image")
    for ref in found:
        parse_reference(ref)
    return tuple(dict.fromkeys(found))


def _sources(host: Json, kind: str) -> list[str]:
    """Raises BadParameter for what is no mount."""
    found = []
    for mount in host.get("Mounts") or ():
        if not isinstance(mount, dict):
            raise mismatch(mount, "Mounts", "mount.Mount")
        check_fields(mount, _SHAPES)
        if mount.get("Type") == kind and mount.get("Source"):
            found.append(mount["Source"])
    return found
