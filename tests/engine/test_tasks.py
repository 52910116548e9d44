from __future__ import annotations

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from swarmd.engine.tasks import Crew, Shared


async def wait_for(waiter: Deferred[None]) -> None:
    await waiter


def watched(crew: Crew) -> list[object]:
    ended: list[object] = []
    Deferred.fromCoroutine(crew.watch()).addBoth(ended.append)
    return ended


def test_the_first_failure_ends_the_watch() -> None:
    crew, first, second = Crew(), Deferred[None](), Deferred[None]()
    crew.start(wait_for(first))
    crew.start(wait_for(second))
    ended = watched(crew)
    second.errback(ZeroDivisionError())
    first.errback(KeyError())
    (failure,) = ended
    assert isinstance(failure, Failure) and failure.check(ZeroDivisionError)


def test_a_failure_before_the_watch_is_not_lost() -> None:
    crew, waiter = Crew(), Deferred[None]()
    crew.start(wait_for(waiter))
    waiter.errback(ZeroDivisionError())
    (failure,) = watched(crew)
    assert isinstance(failure, Failure) and failure.check(ZeroDivisionError)


def test_who_ends_well_ends_nothing() -> None:
    crew, waiter = Crew(), Deferred[None]()
    crew.start(wait_for(waiter))
    ended = watched(crew)
    waiter.callback(None)
    assert ended == []


def test_cancelling_ends_all_members() -> None:
    crew = Crew()
    waiters = [Deferred[None]() for _ in range(3)]
    for waiter in waiters:
        crew.start(wait_for(waiter))
    ended = watched(crew)
    crew.cancel()
    assert all(waiter.called for waiter in waiters)
    assert ended == []


def test_an_asker_may_leave() -> None:
    gates: list[Deferred[None]] = []
    asked: list[frozenset[str]] = []

    async def work(items: frozenset[str]) -> None:
        asked.append(items)
        gates.append(Deferred())
        await gates[-1]

    shared = Shared(work)
    leaver, stayer = shared.ask({"a"}), shared.ask({"b"})
    leaver.addErrback(lambda failure: failure.trap(CancelledError))
    leaver.cancel()
    gates[0].callback(None)
    gates[1].callback(None)
    assert asked == [{"a"}, {"b"}]
    assert stayer.called


@pytest.mark.parametrize("fails", [True, False])
def test_after_all_is_answered_the_next_begins_anew(fails: bool) -> None:
    asked: list[frozenset[str]] = []

    async def work(items: frozenset[str]) -> None:
        asked.append(items)
        if fails:
            raise KeyError(*items)

    shared = Shared(work)
    for item in "ab":
        shared.ask(item).addErrback(lambda failure: failure.trap(KeyError))
    assert asked == [{"a"}, {"b"}]
