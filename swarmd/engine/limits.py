"""Limits of tracking: how often, how long and how much at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from twisted.internet.defer import DeferredSemaphore


@dataclass(slots=True)
class Timing:
    """The time limits of tracking, in seconds unless said otherwise; they change with the options.

    Attributes:
        heartbeat: Between two health checks.
        failure_retry: Number of failed checks in a row that make an engine unhealthy.
        refresh_min, refresh_max: Of a span, at the end of which lists are asked for again.
        call: The limit of a metadata call.
        spec: Between two readings of ``/info``: a renamed host does not tell.
    """

    heartbeat: float = 5.0
    failure_retry: int = 3
    refresh_min: float = 30.0
    refresh_max: float = 60.0
    call: float = 10.0
    spec: float = 300.0

    @property
    def ping(self) -> float:
        """The limit of a health check.

        Three of them, the waits between, the heartbeat before the first and the half steps by
        which each may be late fit into three heartbeats: in that time a hung engine is noticed.
        """
        return min(2.0, 0.4 * self.heartbeat)

    @property
    def recheck(self) -> float:
        """The wait after a failed check: the engine is suspected, the next heartbeat is far."""
        return 0.1 * self.heartbeat

    @property
    def step(self) -> float:
        """Checks of many engines are made together, each up to half of this early or late."""
        return 0.02 * self.heartbeat

    @property
    def retry(self) -> float:
        """The first wait before an engine that was lost is tried again; doubles each time."""
        return 0.2 * self.heartbeat

    @property
    def retry_ceiling(self) -> float:
        """Of those waits: an engine that is back shall be noticed within a few seconds."""
        return 2.0 * self.heartbeat


# What only an operator can mend (a duplicate, another swarm manager) is looked at less often.
REFUSED_CEILING = 30.0
# Over which the first connections of a fleet are spread.
START_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Gates:
    """Semaphores for the whole fleet: how much is done at once; all trackers share one.

    Without ``lists``, a thousand engines that are started together would all be slow together,
    and be taken for hung.
    """

    lists: DeferredSemaphore = field(default_factory=lambda: DeferredSemaphore(64))
    inspects: DeferredSemaphore = field(default_factory=lambda: DeferredSemaphore(32))
