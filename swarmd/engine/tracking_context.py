"""What all trackers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime

from swarmd.core.model import Engine
from swarmd.engine.interfaces import Dispatch, OnEvent
from swarmd.engine.limits import Gates, Timing
from swarmd.engine.time_slices import TimeSlices
from swarmd.engine.timer_wheel import TimerWheel


@dataclass(frozen=True, slots=True)
class TrackingContext:
    """What all trackers share: clock, state, dispatch, limits.

    Attributes:
        now: Wall-clock seconds.
        jitter: A number in [0, 1).
        dispatch: Takes news into the cluster; must not raise.
        on_event: Takes (engine key, record) of every new event, before the cluster learns of it.
        engines: The cluster's picture, by key; only read.
        time_slices: For work on answers, which must not hold up clients.
        reads: Likewise, for what clients wait for: a list may ask a thousand engines what changed.
        wheel: For what is done often and need not be on time.
    """

    clock: IReactorTime
    now: Callable[[], float]
    jitter: Callable[[], float]
    dispatch: Dispatch
    on_event: OnEvent
    engines: Mapping[str, Engine]
    timing: Timing = field(default_factory=Timing)
    gates: Gates = field(default_factory=Gates)
    time_slices: TimeSlices = field(init=False)
    reads: TimeSlices = field(init=False)
    wheel: TimerWheel = field(init=False)

    def retime(
        self, heartbeat: float, failure_retry: int, refresh_min: float, refresh_max: float
    ) -> None:
        """Counts for each engine from what it waits for next."""
        timing = self.timing
        timing.heartbeat, timing.failure_retry = heartbeat, failure_retry
        timing.refresh_min, timing.refresh_max = refresh_min, refresh_max
        self.wheel.set_step(timing.step)

    def __post_init__(self) -> None:
        object.__setattr__(self, "time_slices", TimeSlices(self.clock))
        object.__setattr__(self, "reads", TimeSlices(self.clock))
        object.__setattr__(self, "wheel", TimerWheel(self.clock, self.timing.step))
