"""What a row of ``docker images`` has beyond a plain list: platforms, who uses it, shared bytes.

Engines measure that while they are asked, so it is no part of what is kept of an image.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from swarmd.cluster.interfaces import StateView
from swarmd.core.request.version import Version

# (key of the engine, ID of the image) -> the item as that engine lists it with all that was asked.
EngineDetails = Mapping[tuple[str, str], Mapping[str, Any]]

NO_DETAILS: EngineDetails = {}

COUNTED_SINCE: Version = (1, 51)
_NONE_UNTIL: Version = (1, 43)
_VIRTUAL_SIZE_UNTIL: Version = (1, 44)
_DESCRIPTOR_SINCE: Version = (1, 48)
_SHARED = "SharedSize"


def users(state: StateView) -> Counter[str]:
    """How many containers there are of each image, by its ID."""
    return Counter(container.image_id for container in state.containers.values())


def as_of(item: dict[str, Any], version: Version, count: int) -> None:
    """Makes ``item`` one of the API of that version, with ``count`` containers.

    Args:
        count: Of the containers made of it, on all nodes.
    """
    if version < _NONE_UNTIL and not item["RepoTags"] and not item["RepoDigests"]:
        item["RepoTags"], item["RepoDigests"] = ["<none>:<none>"], ["<none>@<none>"]
    item["Containers"] = count if version >= COUNTED_SINCE else -1
    if version < _DESCRIPTOR_SINCE:
        item.pop("Descriptor", None)
    if version < _VIRTUAL_SIZE_UNTIL:
        item.setdefault("VirtualSize", item.get("Size", 0))
    else:
        item.pop("VirtualSize", None)


def add_details(
    item: dict[str, Any], details: Iterable[Mapping[str, Any]], shown: Callable[[str], bool]
) -> None:
    """Adds to ``item`` what its holders told: any one's manifests, the first one's shared bytes.

    Args:
        shown: Whether a container is one that whoever asks sees, by its ID.
    """
    holders = list(details)
    shared = [one[_SHARED] for one in holders if isinstance(one.get(_SHARED), int)]
    if shared:
        item[_SHARED] = shared[0]
    manifests = [one["Manifests"] for one in holders if isinstance(one.get("Manifests"), list)]
    if manifests:
        item["Manifests"] = _merged((part for parts in manifests for part in parts), shown)


def _merged(parts: Iterable[Any], shown: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Each manifest once: as a node tells that has its content, with the containers of all."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        if isinstance(part, dict):
            groups.setdefault(str(part.get("ID")), []).append(part)
    return [_one_of(group, shown) for group in groups.values()]


def _one_of(group: list[dict[str, Any]], shown: Callable[[str], bool]) -> dict[str, Any]:
    best = next((part for part in group if part.get("Available")), group[0])
    own = best.get("ImageData")
    if not isinstance(own, dict):
        return best
    using = dict.fromkeys(one for part in group for one in _containers(part) if shown(one))
    containers = list(using) or (None if own.get("Containers") is None else [])
    return {**best, "ImageData": {**own, "Containers": containers}}


def _containers(part: Mapping[str, Any]) -> list[str]:
    data = part.get("ImageData")
    using = data.get("Containers") if isinstance(data, dict) else None
    return [one for one in using if isinstance(one, str)] if isinstance(using, list) else []
