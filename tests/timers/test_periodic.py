"""A periodic call starts, stops, and outlives its own errors."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock
from twisted.logger import LogEvent, globalLogPublisher

from swarmd.timers.periodic import Periodic


class Calls(list[float]):
    """Notes when it was called; raises while ``broken``."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.broken = False

    def __call__(self) -> None:
        self.append(self.clock.seconds())
        if self.broken:
            raise ValueError("broken")


def test_calls_once_an_interval_until_it_is_stopped() -> None:
    clock = Clock()
    calls = Calls(clock)
    periodic = Periodic(clock, 5.0, calls)
    periodic.startService()
    clock.pump([5.0] * 3)
    periodic.stopService()
    clock.pump([5.0] * 3)
    assert calls == [5.0, 10.0, 15.0]
    assert clock.getDelayedCalls() == []


def test_may_begin_at_once() -> None:
    clock = Clock()
    calls = Calls(clock)
    Periodic(clock, 5.0, calls, now=True).startService()
    assert calls == [0.0]


def test_goes_on_after_an_error_which_the_log_has() -> None:
    clock, seen = Clock(), list[LogEvent]()
    calls = Calls(clock)
    calls.broken = True
    globalLogPublisher.addObserver(seen.append)
    try:
        Periodic(
            clock, 5.0, calls, now=True, failed="the sky could not be looked at"
        ).startService()
        clock.advance(5.0)
    finally:
        globalLogPublisher.removeObserver(seen.append)
    assert calls == [0.0, 5.0]
    assert [event["log_format"] for event in seen] == ["the sky could not be looked at"] * 2
    assert seen[0]["log_failure"].check(ValueError)


@pytest.mark.parametrize("now", [False, True])
def test_its_call_may_stop_it_and_it_may_be_stopped_twice(now: bool) -> None:
    clock = Clock()
    periodic = Periodic(clock, 5.0, lambda: periodic.stopService(), now=now)
    periodic.startService()
    clock.pump([5.0] * 2)
    assert not periodic.running
    assert clock.getDelayedCalls() == []
    periodic.stopService()


def test_can_be_started_again() -> None:
    clock = Clock()
    calls = Calls(clock)
    periodic = Periodic(clock, 5.0, calls)
    periodic.startService()
    periodic.stopService()
    periodic.startService()
    clock.advance(5.0)
    assert calls == [5.0]
