"""One after the other, by name."""

from __future__ import annotations

from functools import partial

from twisted.internet.defer import Deferred

from swarmd.manager.fleet.keyed_lock import KeyedLock


def test_one_waits_for_the_other_and_strangers_do_not() -> None:
    locks, begun, gates = KeyedLock(), [], [Deferred[None]() for _ in range(3)]

    async def work(number: int) -> int:
        begun.append(number)
        await gates[number]
        return number

    done: list[int] = []
    for number, name in enumerate(["a", "a", "b"]):
        running = Deferred.fromCoroutine(locks.take(name, partial(work, number)))
        running.addCallback(done.append)
    assert begun == [0, 2]
    gates[0].callback(None)
    assert (begun, done) == ([0, 2, 1], [0])
    gates[2].callback(None)
    gates[1].callback(None)
    assert done == [0, 2, 1] and not locks._locks


def test_who_fails_lets_the_next_one_in() -> None:
    locks, gate = KeyedLock(), Deferred[None]()

    async def fails() -> None:
        await gate

    async def works() -> str:
        return "done"

    failed = Deferred.fromCoroutine(locks.take("a", fails))
    worked = Deferred.fromCoroutine(locks.take("a", works))
    failed.addErrback(lambda failure: failure.trap(ValueError))
    gate.errback(ValueError())
    assert worked.result == "done" and not locks._locks
