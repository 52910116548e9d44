"""How many addresses of a network are taken, over all nodes that have it (since API 1.52)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MOST = (1 << 64) - 1  # where engines stop to count, too
_NUMBERS = ("IPsInUse", "DynamicIPsAvailable")

Json = Mapping[str, Any]


def allocations(shown: Iterable[Json]) -> dict[str, Any]:
    """``Status`` of a network as one field, {} if no node tells it.

    Each node has such a network for itself, with addresses of its own, be they called alike.

    Args:
        shown: What each node says of the network.
    """
    statuses = [one["Status"] for one in shown if isinstance(one.get("Status"), dict)]
    if not statuses:
        return {}
    ranges: dict[str, dict[str, int]] = {}
    for status in statuses:
        for name, numbers in _object(_object(status.get("IPAM")).get("Subnets")).items():
            sums = ranges.setdefault(name, dict.fromkeys(_NUMBERS, 0))
            for key in _NUMBERS:
                sums[key] = min(_MOST, sums[key] + _count(_object(numbers).get(key)))
    if not ranges:
        return {"Status": statuses[0]}
    return {
        "Status": {**statuses[0], "IPAM": {**_object(statuses[0].get("IPAM")), "Subnets": ranges}}
    }


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value <= _MOST else 0
