"""A histogram: how many values were at most so large, and their sum."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """A histogram with fixed bounds.

    Attributes:
        counts: Of the values within each bound and above the one before; then of the rest.
        total: The sum of all values.
    """

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def up_to(self) -> list[tuple[float, int]]:
        """Each bound, and how many values were not larger; the last is infinite."""
        sums, so_far = [], 0
        for bound, count in zip((*self._bounds, float("inf")), self.counts, strict=True):
            so_far += count
            sums.append((bound, so_far))
        return sums
