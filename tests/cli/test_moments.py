from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from swarmd.cli.errors import Misuse
from swarmd.cli.moments import NANOS, parse_moment, shown, stamp

EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 1_000_000 - 600),
        ("0s", 1_000_000),
        ("1700000000.5", 1_700_000_000.5),
        ("1970-01-02", 86400 - 7200),
        ("1970-01-02T00:00:00Z", 86400),
        ("1970-01-01T00:00:00.000001Z", 1e-6),
        ("1970-01-02T00:00:00+01:00", 82800),
    ],
)
def test_what_people_type(text: str, seconds: float) -> None:
    assert parse_moment(text, 1_000_000, EAST) == int(seconds * NANOS)


@pytest.mark.parametrize("text", ["", "yesterday", "-5m", "2026-13-01", "1e9", "9" * 13])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(Misuse):
        parse_moment(text, 0, UTC)


def test_as_the_api_and_as_people_read_it() -> None:
    assert stamp(1_500_000_001) == "1.500000001" and stamp(-1) == "0.000000000"
    assert shown(1_500_000_001, UTC) == "1970-01-01T00:00:01.500Z"
    assert shown(0, EAST) == "1970-01-01T02:00:00.000+02:00"
