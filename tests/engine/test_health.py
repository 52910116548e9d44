from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.engine.health import HealthCheck
from tests.engine.scripted import Rig


class Watched:
    """A health check whose pings end as the test says."""

    def __init__(self, **timing: Any) -> None:
        self.rig = Rig(jitter=0.5, **timing)
        self.outcomes: list[bool] = []  # of the next pings; good ones after that
        self.pings: list[float] = []
        self.told: list[str] = []
        self.ended: list[Any] = []
        self.check = HealthCheck(self._ping, self._answered, self._failed, self.rig.context)
        self.work = Deferred.fromCoroutine(self.check.run())
        self.work.addBoth(self.ended.append)

    async def _ping(self) -> None:
        self.pings.append(round(self.rig.clock.seconds(), 2))
        if self.outcomes and not self.outcomes.pop(0):
            raise EngineUnreachable("n", "gone")

    def _answered(self) -> None:
        self.told.append("answered")

    def _failed(self, error: ApiError) -> None:
        self.told.append("failed")


def test_pings_keep_their_time_and_begin_at_a_random_one() -> None:
    watched = Watched()
    watched.rig.pass_time(15.0)
    assert watched.pings == [2.5, 7.5, 12.5]
    watched.work.cancel()
    assert watched.rig.clock.getDelayedCalls() == []


def test_a_suspected_engine_is_asked_again_soon() -> None:
    watched = Watched()
    watched.outcomes = [False, False, True]
    watched.rig.pass_time(5.0)
    assert watched.pings == [2.5, 3.0, 3.5]
    assert watched.told == ["failed", "failed", "answered"]
    assert watched.ended == []
    watched.work.cancel()


def test_it_is_lost_after_so_many_failures_in_a_row() -> None:
    watched = Watched(failure_retry=2)
    watched.outcomes = [False, True, False, False]
    watched.rig.pass_time(10.0)
    (failure,) = watched.ended
    assert isinstance(failure, Failure) and failure.check(EngineUnreachable)
    assert watched.told == ["failed", "answered", "failed"]
    assert watched.rig.clock.getDelayedCalls() == []


@pytest.mark.parametrize("late_at", [2.8, 3.2])
def test_a_late_answer_clears_the_suspicion(late_at: float) -> None:
    """An engine that takes 2 s for everything is slow, and still of use."""
    watched = Watched()
    watched.outcomes = [False, False, False]
    watched.rig.clock.callLater(late_at, watched.check.answered_late)
    watched.rig.pass_time(4.0)
    assert watched.told[-1] == "answered" and len(watched.pings) < 3
    assert watched.ended == []
    watched.work.cancel()


def test_a_late_answer_in_the_last_moment_counts() -> None:
    watched = Watched(failure_retry=1)

    async def fails() -> None:
        await deferLater(watched.rig.clock, 1.0)
        watched.check.answered_late()
        raise EngineUnreachable("n", "late")

    watched.check._ping = fails
    watched.rig.pass_time(4.0)
    assert (watched.told, watched.ended) == (["answered"], [])
    watched.work.cancel()


def test_one_failure_may_be_enough() -> None:
    watched = Watched(failure_retry=1)
    watched.outcomes = [False]
    watched.rig.pass_time(3.0)
    assert len(watched.ended) == 1
    assert watched.told == []


def test_a_sign_of_life_spares_a_ping() -> None:
    watched = Watched()
    watched.rig.pass_time(1.0)
    watched.check.sign_of_life()
    watched.rig.pass_time(2.0)
    assert watched.pings == []
    watched.rig.pass_time(5.0)
    assert watched.pings == [7.5]
    watched.work.cancel()


def test_it_can_be_stopped_between_two_pings() -> None:
    watched = Watched()
    watched.outcomes = [False, False]
    watched.rig.pass_time(2.8)
    watched.work.cancel()
    assert watched.rig.clock.getDelayedCalls() == []
