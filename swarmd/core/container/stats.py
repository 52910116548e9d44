"""What an engine's ``/stats`` says of one container. Pure.

Engines are not trusted with numbers: whatever is no number of that kind is refused, and what cannot
be so is cut to what can.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_MOST = 1 << 63


class Stats(NamedTuple):
    """One reading.

    Attributes:
        cpu_time: Nanoseconds of CPU since the container's start.
        memory: Bytes, without what the kernel can drop: as ``docker stats`` shows it.
    """

    cpu_time: int
    memory: int


def read_stats(body: Any) -> Stats:
    """Raises ValueError for what is no reading."""
    cpu = _part(_part(body, "cpu_stats"), "cpu_usage")
    memory = _part(body, "memory_stats")
    usage = _number(memory.get("usage", 0))
    details = memory.get("stats")
    details = details if isinstance(details, dict) else {}
    # By the names of control groups, version 2 and version 1.
    cache = _number(details.get("inactive_file", details.get("total_inactive_file", 0)))
    return Stats(_number(cpu.get("total_usage")), max(0, usage - cache))


def _part(of: Any, key: str) -> dict[str, Any]:
    found = of.get(key) if isinstance(of, dict) else None
    if not isinstance(found, dict):
        raise ValueError(f"no {key} in its stats")
    return found


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise ValueError(f"{str(value)[:40]!r} is no number of its stats")
    return value
