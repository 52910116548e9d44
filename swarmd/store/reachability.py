"""Whether a store answers, and if not, since when."""

from __future__ import annotations

from collections.abc import Callable

from swarmd.store.interfaces import Outage


class Reachability:
    """What calls to a store have met.

    Attributes:
        outage: None while it answers.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.outage: Outage | None = None

    def failed(self, reason: str) -> None:
        since = self.outage.since if self.outage is not None else self._now()
        self.outage = Outage(since, reason)

    def answered(self) -> None:
        self.outage = None
