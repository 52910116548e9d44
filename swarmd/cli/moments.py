"""Points in time as people type them: a date, seconds since the epoch, or how long ago. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from swarmd.cli.errors import Misuse
from swarmd.core.units import parse_duration

NANOS = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"\d{1,12}(\.\d{1,9})?")


def parse_moment(text: str, now: float, zone: tzinfo) -> int:
    """Nanoseconds since the epoch.

    Args:
        zone: Of a date that names none.

    Raises:
        Misuse: It is no point in time.
    """
    if _SECONDS.fullmatch(text):
        return int(Decimal(text) * NANOS)
    try:
        return int((now - parse_duration(text)) * NANOS)
    except ValueError:
        pass
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise Misuse(
            f"{text!r} is no time; write 10m (ago), 2026-01-31, 2026-01-31T12:00:00Z, or seconds "
            "since 1970"
        ) from None
    date = date if date.tzinfo else date.replace(tzinfo=zone)
    return (date - _EPOCH) // timedelta(microseconds=1) * 1000


def stamp(nanos: int) -> str:
    """``SECONDS.NNNNNNNNN``, the one form that the API takes."""
    nanos = max(0, nanos)
    return f"{nanos // NANOS}.{nanos % NANOS:09d}"


def shown(nanos: int, zone: tzinfo) -> str:
    """``2026-01-31T12:00:00.123Z``, in the zone of who reads it."""
    date = _EPOCH + timedelta(microseconds=nanos // 1000)
    return date.astimezone(zone).isoformat(timespec="milliseconds").replace("+00:00", "Z")
