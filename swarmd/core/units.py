"""Durations, byte sizes and moments as people write and read them.

Durations are those of Go's ``time.ParseDuration``, because that is what our users' unit files
hold. Wrong text raises ValueError with a reason that can be shown as it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"([0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(ns|us|µs|ms|s|m|h)"
_DURATION = re.compile(rf"(?:{_PART})+")
_SIZE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def parse_duration(text: str) -> float:
    """Seconds in ``10s``, ``500ms``, ``1m30s``; never negative."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration; write it like 10s, 500ms or 1m30s")
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text))


def show_size(size: float) -> str:
    """``26542342553`` as ``24.72 GiB``: the text that ``docker info`` users know."""
    power = 0
    while size >= 1024 and power < len(_SIZE_UNITS) - 1:
        size, power = size / 1024, power + 1
    return f"{size:.4g} {_SIZE_UNITS[power]}"


def counted(number: int, thing: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def rfc3339(seconds: float) -> str:
    """``2027-01-15T08:00:00.250Z``, of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
