"""A watch that goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.store.followed_prefix import FollowedPrefix, outage_of
from swarmd.store.interfaces import Change, KeyValue, Snapshot, StoreLost

OLD = KeyValue("x/old", b"1", 3)


class Rig:
    """A watch of one entry, each turn of which ends when the test says so."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.turns: list[Deferred[None]] = []
        self.received: list[tuple[int, Sequence[Change]]] = []
        since = Snapshot("x/", 5, (OLD,))
        self.watch = FollowedPrefix(self.clock, since, self.receive, self.follow)

    async def follow(self, watch: FollowedPrefix) -> None:
        self.turns.append(Deferred())
        await self.turns[-1]

    def receive(self, revision: int, changes: Sequence[Change]) -> None:
        self.received.append((revision, changes))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_is_known_already_is_no_change(rig: Rig) -> None:
    new = KeyValue("x/new", b"1", 6)
    rig.watch.news(6, [Change("x/old", OLD), Change("x/new", new), Change("x/never", None)])
    rig.watch.news(6, [Change("x/new", new)])
    rig.watch.take(7, [new])
    assert rig.received == [(6, [Change("x/new", new)]), (7, [Change("x/old", None)])]
    assert rig.watch.revision == 7
    rig.watch.stop()


def test_a_store_that_went_back_is_taken_as_it_is(rig: Rig) -> None:
    rig.watch.forget_revisions()
    rig.watch.take(3, [OLD])
    assert rig.received == [(3, [Change("x/old", OLD)])]
    assert rig.watch.revision == 3
    rig.watch.stop()


def test_a_watch_that_fails_is_an_outage_until_it_follows_again(rig: Rig) -> None:
    assert rig.watch.outage is None
    rig.turns[0].errback(StoreLost("status 403"))
    assert rig.watch.outage is not None and rig.watch.outage.reason == "no news: status 403"
    assert outage_of([rig.watch]) == rig.watch.outage
    rig.clock.advance(1)
    rig.watch.answered()
    assert outage_of([rig.watch]) is None
    rig.turns[1].errback(StoreLost("status 500"))
    rig.watch.stop()
    assert outage_of([rig.watch]) is None


def test_a_turn_that_ends_is_followed_by_the_next(rig: Rig) -> None:
    rig.turns[0].callback(None)
    assert len(rig.turns) == 2
    rig.watch.restart()
    assert len(rig.turns) == 3
    rig.watch.stop()
    assert len(rig.turns) == 3


def test_failures_are_followed_by_longer_and_longer_pauses(rig: Rig) -> None:
    for number in range(1, 10):
        rig.turns[-1].errback(StoreLost("gone"))
        assert len(rig.turns) == number
        rig.clock.advance(2)
        assert len(rig.turns) == number + 1
    rig.turns[-1].errback(StoreLost("gone"))
    rig.watch.stop()
    assert rig.clock.getDelayedCalls() == []


def test_nothing_is_received_after_the_stop(rig: Rig) -> None:
    rig.watch.stop()
    rig.watch.news(9, [Change("x/old", None)])
    assert rig.received == []


def test_an_answer_that_nobody_understands_does_not_end_it(rig: Rig) -> None:
    rig.turns[0].errback(KeyError("header"))
    rig.clock.advance(2)
    assert len(rig.turns) == 2
    rig.watch.stop()
