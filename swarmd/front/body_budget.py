"""The memory budget of large bodies, all together: one client's limit is not everybody's.

A client sends slowly, or on many connections, and each body alone is within its bound. A body
counts until its request is answered, since work on it waits for its turn.
"""

from __future__ import annotations

from swarmd.core.errors import ApiError

ALL_BODIES = 256 << 20  # bytes; small bodies, a connection has one, are bound by their number


class BudgetExceeded(ApiError):
    """Status 503: large bodies take all memory that is set aside for them."""

    status = 503


class BodyBudget:
    """The memory that large bodies may take together, by who reads them."""

    def __init__(self, limit: int = ALL_BODIES) -> None:
        self._limit = limit
        self._held: dict[object, int] = {}
        self.taken = 0

    def take(self, who: object, size: int) -> None:
        """``who`` has read ``size`` bytes so far; raises Full where that is more than there is."""
        more = size - self._held.get(who, 0)
        if self.taken + more > self._limit:
            raise BudgetExceeded(
                "swarmd reads as many large request bodies as it may; try again later"
            )
        self._held[who] = size
        self.taken += more

    def free(self, who: object) -> None:
        if self._held:
            self.taken -= self._held.pop(who, 0)
