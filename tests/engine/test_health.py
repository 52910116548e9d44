from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.engine.health import HealthCheck
from tests.engine.scripted import Rig

GONE = EngineUnreachable("n", "gone")


class Asked:
    """A ping of which the test says what becomes of it."""

    def __init__(self, on_result: Callable[[ApiError | None], None]) -> None:
        self.on_result = on_result
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Watched:
    """A health check whose pings end as the test says.

    Attributes:
        outcomes: Of the next pings: good, bad, or None for those that ``questions`` will tell of.
            Good ones after that.
    """

    def __init__(self, *outcomes: bool | None, **timing: Any) -> None:
        self.rig = Rig(jitter=0.5, **timing)
        self.outcomes = list(outcomes)
        self.pings: list[float] = []
        self.questions: list[Asked] = []
        self.reports: list[str] = []
        self.ended: list[Any] = []
        self.check = HealthCheck(
            self._ping, self._answered, self._failed, self._late, self.rig.context
        )
        self.work = Deferred.fromCoroutine(self.check.run())
        self.work.addBoth(self.ended.append)

    def _ping(self, on_result: Callable[[ApiError | None], None]) -> Asked:
        self.pings.append(round(self.rig.clock.seconds(), 2))
        self.questions.append(Asked(on_result))
        outcome = self.outcomes.pop(0) if self.outcomes else True
        if outcome is not None:
            on_result(None if outcome else GONE)
        return self.questions[-1]

    def _answered(self) -> None:
        self.reports.append("answered")

    def _failed(self, error: ApiError) -> None:
        self.reports.append(str(error).rpartition(": ")[2])

    def _late(self, seconds: float) -> ApiError:
        return EngineUnreachable("n", f"late by {seconds:g} s")

    def stop(self) -> None:
        self.work.cancel()
        assert self.rig.clock.getDelayedCalls() == []


def test_pings_keep_their_time_and_begin_at_a_random_one() -> None:
    watched = Watched()
    watched.rig.pass_time(15.0)
    assert watched.pings == [2.5, 7.5, 12.5]
    watched.stop()


def test_a_suspected_engine_is_asked_again_soon() -> None:
    watched = Watched(False, False, True)
    watched.rig.pass_time(5.0)
    assert watched.pings == [2.5, 3.0, 3.5]
    assert watched.reports == ["gone", "gone", "answered"]
    assert watched.ended == []
    watched.stop()


def test_it_is_lost_after_so_many_failures_in_a_row() -> None:
    watched = Watched(False, True, False, False, failure_retry=2)
    watched.rig.pass_time(10.0)
    (failure,) = watched.ended
    assert isinstance(failure, Failure) and failure.check(EngineUnreachable)
    assert watched.reports == ["gone", "answered", "gone"]
    assert watched.rig.clock.getDelayedCalls() == []


def test_silence_is_a_failure() -> None:
    watched = Watched(None, None, failure_retry=2)
    watched.rig.pass_time(4.6)
    assert (watched.pings, watched.reports) == ([2.5], ["late by 2 s"])
    watched.rig.pass_time(3.0)
    assert watched.pings == [2.5, 5.0]
    assert watched.ended[0].check(EngineUnreachable)
    assert all(question.cancelled for question in watched.questions)
    assert watched.rig.clock.getDelayedCalls() == []


def test_a_late_answer_clears_the_suspicion() -> None:
    """An engine that takes 3 s for everything is slow, and still of use."""
    watched = Watched(None, None)
    watched.rig.pass_time(5.5)
    watched.questions[0].on_result(None)
    assert watched.reports == ["late by 2 s", "answered"]
    assert watched.questions[1].cancelled
    watched.rig.pass_time(4.9)
    assert len(watched.pings) == 2
    watched.rig.pass_time(0.2)
    assert len(watched.pings) == 3
    watched.stop()


def test_of_failures_only_that_of_the_latest_ping_counts() -> None:
    watched = Watched(None, None)
    watched.rig.pass_time(5.5)
    watched.questions[0].on_result(GONE)
    assert watched.reports == ["late by 2 s"]
    watched.questions[1].on_result(GONE)
    assert watched.reports == ["late by 2 s", "gone"]
    watched.stop()


def test_one_failure_may_be_enough() -> None:
    watched = Watched(False, failure_retry=1)
    watched.rig.pass_time(3.0)
    assert len(watched.ended) == 1
    assert watched.reports == []


def test_a_sign_of_life_puts_the_ping_off() -> None:
    watched = Watched()
    watched.rig.pass_time(1.0)
    watched.check.sign_of_life()
    watched.rig.pass_time(4.9)
    assert watched.pings == []
    watched.rig.pass_time(5.0)
    assert watched.pings == [6.0]
    watched.stop()


def test_what_is_unforeseen_is_told() -> None:
    watched = Watched(None)
    watched.rig.pass_time(3.0)
    watched.check._answered = lambda: (1 // 0, None)[1]
    watched.questions[0].on_result(None)
    watched.questions[0].on_result(None)
    assert watched.ended[0].check(ZeroDivisionError)
    assert watched.rig.clock.getDelayedCalls() == []


def test_it_can_be_stopped_between_two_pings() -> None:
    watched = Watched(False, False)
    watched.rig.pass_time(2.8)
    watched.stop()
