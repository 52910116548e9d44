"""The reactor's lag: from one wait for events to the next, nobody else is served."""

from __future__ import annotations

from bisect import bisect_left
from time import perf_counter

# Seconds; what takes longer than the last is counted behind it.
BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class ReactorLag:
    """A histogram of the reactor's turns by their length, by the wall clock.

    Attributes:
        counts: Of the turns within each of ``BOUNDS`` and above the one before; then of the rest.
        total: Seconds of all turns.
    """

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        self._began: float | None = None

    def begin(self) -> None:
        self._began = perf_counter()

    def end(self) -> None:
        if self._began is not None:
            took = perf_counter() - self._began
            self.counts[bisect_left(BOUNDS, took)] += 1
            self.total += took
            self._began = None

    def up_to(self) -> list[tuple[float, int]]:
        """Each bound, and how many turns were not longer; the last is infinite."""
        sums, so_far = [], 0
        for bound, count in zip((*BOUNDS, float("inf")), self.counts, strict=True):
            so_far += count
            sums.append((bound, so_far))
        return sums


# There is one reactor in a process.
REACTOR_LAG = ReactorLag()
