"""The reactor's lag: from one wait for events to the next, nobody else is served."""

from __future__ import annotations

from time import perf_counter

from swarmd.core.index.histogram import Histogram

# Seconds; what takes longer than the last is counted behind it.
BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class ReactorLag(Histogram):
    """A histogram of the reactor's turns by their length in seconds, by the wall clock."""

    def __init__(self) -> None:
        super().__init__(BOUNDS)
        self._began: float | None = None

    def begin(self) -> None:
        self._began = perf_counter()

    def end(self) -> None:
        if self._began is not None:
            self.observe(perf_counter() - self._began)
            self._began = None


# There is one reactor in a process.
REACTOR_LAG = ReactorLag()
