from __future__ import annotations

from swarmd.core.index.histogram import Histogram


def test_values_are_counted_up_to_each_bound() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.observe(value)
    assert histogram.up_to() == [(1.0, 2), (2.0, 3), (float("inf"), 4)]
    assert histogram.total == 12.0
