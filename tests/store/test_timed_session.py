"""A session by its own clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.store.interfaces import StoreLost
from swarmd.store.timed_session import TimedSession, boottime

HOLD = 10.0


class Rig:
    """Attributes:
    late: Seconds that the machine was suspended, or the process stopped.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.late = 0.0
        self.asked: list[Deferred[bool]] = []
        self.revoked = 0
        self.ends = 0
        now = self.now
        self.session = TimedSession(self.clock, "7", now(), HOLD, self.renew, self.revoke, now)
        self.session.on_end(self.end)

    def now(self) -> float:
        return self.clock.seconds() + self.late

    def end(self) -> None:
        self.ends += 1

    async def renew(self) -> bool:
        self.asked.append(Deferred())
        return await self.asked[-1]

    async def revoke(self) -> None:
        self.revoked += 1
        raise StoreLost("gone")

    def pass_time(self, seconds: float) -> None:
        self.clock.pump([0.5] * round(seconds * 2))


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.session.lose()
    assert rig.clock.getDelayedCalls() == []


def test_the_clock_counts_on() -> None:
    assert 0 < boottime() <= boottime()


def test_a_session_that_is_renewed_is_held(rig: Rig) -> None:
    for _ in range(20):
        rig.pass_time(3)
        rig.asked[-1].callback(True)
    assert rig.session.held()
    assert len(rig.asked) == 20
    assert rig.session.id == "7"


def test_time_counts_from_when_the_sign_of_life_was_sent(rig: Rig) -> None:
    rig.pass_time(3)
    rig.pass_time(6)
    rig.asked[-1].callback(True)
    rig.pass_time(3)
    assert rig.session.held()
    rig.pass_time(1.5)
    assert not rig.session.held()


def test_a_session_whose_store_does_not_answer_is_not_held_at_last(rig: Rig) -> None:
    rig.pass_time(3)
    rig.asked[-1].errback(StoreLost("gone"))
    rig.pass_time(6.5)
    assert rig.session.held()
    assert len(rig.asked) == 2
    rig.pass_time(1)
    assert rig.ends == 1
    rig.asked[-1].callback(True)
    assert not rig.session.held()
    rig.session.on_end(rig.end)
    assert rig.ends == 2


def test_a_process_that_was_stopped_does_not_go_on(rig: Rig) -> None:
    rig.late = 11
    assert not rig.session.held()
    assert rig.ends == 1


def test_the_store_has_ended_it(rig: Rig) -> None:
    rig.pass_time(3)
    rig.asked[-1].callback(False)
    assert not rig.session.held()
    assert rig.ends == 1


def test_a_session_that_is_ended(rig: Rig) -> None:
    ended = Deferred.fromCoroutine(rig.session.end())
    assert ended.called
    assert (rig.revoked, rig.ends, rig.session.held()) == (1, 1, False)


def test_an_error_of_ours_ends_no_renewals(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.pass_time(3)
    rig.asked[-1].errback(RuntimeError("of the test"))
    rig.pass_time(2)
    assert len(rig.asked) == 2
    rig.asked[-1].callback(True)
    assert rig.session.held()
