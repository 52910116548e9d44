"""The totals of ``docker system df`` since API 1.52: what is in use, and what could be freed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from swarmd.manager.fleet.answers import counted

Row = Mapping[str, Any]

ITEMS = "Items"
_RUNNING = ("running", "paused", "restarting")


class Totals(NamedTuple):
    """How a kind of things is summed up.

    Attributes:
        rows: The field of older APIs that lists them.
        size: Bytes of one.
        active: Whether one is in use.
    """

    rows: str
    size: Callable[[Row], int]
    active: Callable[[Row], bool]


def _usage(row: Row) -> Row:
    data = row.get("UsageData")
    return data if isinstance(data, dict) else {}


TOTALS = {
    "ImageUsage": Totals(
        "Images",
        lambda row: counted(row.get("Size")),
        lambda row: counted(row.get("Containers")) > 0,
    ),
    "ContainerUsage": Totals(
        "Containers",
        lambda row: counted(row.get("SizeRw")),
        lambda row: row.get("State") in _RUNNING,
    ),
    "VolumeUsage": Totals(
        "Volumes",
        lambda row: counted(_usage(row).get("Size")),
        lambda row: counted(_usage(row).get("RefCount")) > 0,
    ),
    "BuildCacheUsage": Totals(
        "BuildCache", lambda row: counted(row.get("Size")), lambda row: bool(row.get("InUse"))
    ),
}


def added(parts: Sequence[Row]) -> dict[str, int]:
    """The sum of what engines say of their own things."""
    names = ("ActiveCount", "TotalCount", "Reclaimable", "TotalSize")
    return {name: sum(counted(part.get(name)) for part in parts) for name in names}


def counted_up(kind: str, rows: Sequence[Row]) -> dict[str, int]:
    """The same of ``rows``, where not all that engines have is to be summed up."""
    totals = TOTALS[kind]
    idle = [row for row in rows if not totals.active(row)]
    return {
        "ActiveCount": len(rows) - len(idle),
        "TotalCount": len(rows),
        "Reclaimable": sum(map(totals.size, idle)),
        "TotalSize": sum(map(totals.size, rows)),
    }
