"""A task group (coroutines that end together), and calls that several callers share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure


class TaskGroup:
    """The coroutines of one session: the first to fail ends the watch, ``cancel`` ends all.

    The watch ends a moment later, when no member is running: none could be cancelled while it is.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._members: set[Deferred[Any]] = set()
        self._failure: Failure | None = None
        self._failed: Deferred[None] = Deferred()
        self._firing: IDelayedCall | None = None

    def start(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        member = Deferred.fromCoroutine(work)
        self._members.add(member)
        member.addBoth(self._ended, member)

    async def watch(self) -> None:
        """Returns never: raises what the first member to fail raised."""
        if self._failure is None:
            await self._failed
        assert self._failure is not None
        self._failure.raiseException()

    def cancel(self) -> None:
        for member in list(self._members):
            member.cancel()
        if self._firing is not None and self._firing.active():
            self._firing.cancel()

    def _ended(self, result: Any, member: Deferred[Any]) -> None:
        self._members.discard(member)
        if not isinstance(result, Failure) or result.check(CancelledError):
            return
        if self._failure is None:
            self._failure = result
            self._firing = self._clock.callLater(0, self._failed.callback, None)


class SharedCalls:
    """Questions that are asked together: one under way, and one that gathers all who come late.

    Who asks while a question is under way has to wait for the next: the answer to the first may
    be older than what made him ask.
    """

    def __init__(self, work: Callable[[frozenset[str]], Awaitable[None]]) -> None:
        self._work = work
        self._busy = False
        self._wanted: set[str] = set()
        self._waiting: list[Deferred[None]] = []

    def ask(self, items: Collection[str]) -> Deferred[None]:
        """Fires when a question begun after this call has been answered; may be cancelled."""
        waiter: Deferred[None] = Deferred()
        self._wanted.update(items)
        self._waiting.append(waiter)
        if not self._busy:
            self._busy = True
            Deferred.fromCoroutine(self._drain())
        return waiter

    async def _drain(self) -> None:
        while self._waiting:
            waiters, self._waiting = self._waiting, []
            wanted, self._wanted = frozenset(self._wanted), set()
            if all(waiter.called for waiter in waiters):
                continue
            try:
                await self._work(wanted)
            except Exception:  # noqa: BLE001 - it is the callers'
                _fire(waiters, Failure())
            else:
                _fire(waiters, None)
        self._busy = False


def _fire(waiters: list[Deferred[None]], result: Any) -> None:
    for waiter in waiters:
        if not waiter.called:
            waiter.callback(result)
