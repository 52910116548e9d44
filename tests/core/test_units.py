from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.units import counted, parse_duration, show_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("500ms", 0.5),
        ("2m", 120),
        ("1m30s", 90),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("7ns", 7e-9),
        ("0s", 0),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "s", "-1s", "+1s", "1 s", "10S", "1d", "1s1", "1..s", "٣s", "1s\n", "." * 99]
)
def test_not_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration; write it like 10s"):
        parse_duration(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 999))
def test_parts_of_a_duration_add_up(hours: int, minutes: int, milliseconds: int) -> None:
    whole = hours * 3600 + minutes * 60 + milliseconds / 1000
    assert parse_duration(f"{hours}h{minutes}m{milliseconds}ms") == pytest.approx(whole)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (100 << 20, "100 MiB"),
        (26542342553, "24.72 GiB"),
        (1 << 60, "1 EiB"),
        (1 << 71, "2048 EiB"),
    ],
)
def test_size_shown(size: int, text: str) -> None:
    assert show_size(size) == text


def test_one_is_not_many() -> None:
    assert [counted(number, "node") for number in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]
