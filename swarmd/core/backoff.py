"""Backoff: how long to wait before a retry."""

from __future__ import annotations

from collections.abc import Callable

# Beyond this many doublings every wait is at its ceiling; 2**attempt must not grow for ever.
_MOST_DOUBLINGS = 30


def backoff(attempt: int, *, base: float, ceiling: float, jitter: Callable[[], float]) -> float:
    """Seconds before try number ``attempt`` (from 1); ``jitter()`` is in [0, 1).

    Half of the wait is random, so that a fleet that failed together does not come back together.
    """
    doublings = min(attempt - 1, _MOST_DOUBLINGS)
    whole = min(ceiling, base * 2.0**doublings)
    return whole / 2 + whole / 2 * jitter()
