from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from swarmd.engine.task_group import SharedCalls, TaskGroup


async def wait_for(waiter: Deferred[None]) -> None:
    await waiter


class Watched:
    """A crew and how its watch ended."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.task_group = TaskGroup(self.clock)
        self.ended: list[Any] = []

    def watch(self) -> None:
        Deferred.fromCoroutine(self.task_group.watch()).addBoth(self.ended.append)


def test_the_first_failure_ends_the_watch() -> None:
    watched, first, second = Watched(), Deferred[None](), Deferred[None]()
    watched.task_group.start(wait_for(first))
    watched.task_group.start(wait_for(second))
    watched.watch()
    second.errback(ZeroDivisionError())
    first.errback(KeyError())
    assert watched.ended == []
    watched.clock.advance(0)
    assert watched.ended[0].check(ZeroDivisionError)


def test_a_failure_before_the_watch_is_not_lost() -> None:
    watched, waiter = Watched(), Deferred[None]()
    watched.task_group.start(wait_for(waiter))
    waiter.errback(ZeroDivisionError())
    watched.watch()
    assert watched.ended[0].check(ZeroDivisionError)
    watched.task_group.cancel()
    assert watched.clock.getDelayedCalls() == []


def test_who_ends_well_ends_nothing() -> None:
    watched, waiter = Watched(), Deferred[None]()
    watched.task_group.start(wait_for(waiter))
    watched.watch()
    waiter.callback(None)
    watched.clock.advance(1)
    assert watched.ended == []


def test_cancelling_ends_all_members() -> None:
    watched = Watched()
    waiters = [Deferred[None]() for _ in range(3)]
    for waiter in waiters:
        watched.task_group.start(wait_for(waiter))
    watched.watch()
    watched.task_group.cancel()
    watched.clock.advance(1)
    assert all(waiter.called for waiter in waiters)
    assert watched.ended == []


def test_a_member_may_make_another_fail() -> None:
    """As news that an engine is lost does to whoever waits for the engine."""
    watched, waiter = Watched(), Deferred[None]()

    async def spoil() -> None:
        waiter.errback(ZeroDivisionError())
        await Deferred()

    async def session() -> None:
        try:
            await watched.task_group.watch()
        finally:
            watched.task_group.cancel()

    watched.task_group.start(wait_for(waiter))
    Deferred.fromCoroutine(session()).addBoth(watched.ended.append)
    watched.task_group.start(spoil())
    watched.clock.advance(0)
    assert watched.ended[0].check(ZeroDivisionError)


def test_an_asker_may_leave() -> None:
    gates: list[Deferred[None]] = []
    asked: list[frozenset[str]] = []

    async def work(items: frozenset[str]) -> None:
        asked.append(items)
        gates.append(Deferred())
        await gates[-1]

    shared = SharedCalls(work)
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

    shared = SharedCalls(work)
    for item in "ab":
        shared.ask(item).addErrback(lambda failure: failure.trap(KeyError))
    assert asked == [{"a"}, {"b"}]
