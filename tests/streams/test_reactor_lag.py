from __future__ import annotations

from unittest.mock import patch

from swarmd.streams.reactor_lag import BOUNDS, ReactorLag


def test_turns_are_counted_by_their_length() -> None:
    held, now = ReactorLag(), 100.0
    with patch("swarmd.streams.reactor_lag.perf_counter", lambda: now):
        held.end()
        for took in (0.0005, 0.03, 0.04, 9.0):
            held.begin()
            now += took
            held.end()
            now += 1.0
    sums = dict(held.up_to())
    assert (sums[0.001], sums[0.02], sums[0.05], sums[5.0], sums[float("inf")]) == (1, 1, 3, 3, 4)
    assert len(sums) == len(BOUNDS) + 1
    assert round(held.total, 4) == 9.0705
