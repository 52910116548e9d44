"""A watch that goes on until it is stopped, whatever happens to its store."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from swarmd.core.backoff import backoff
from swarmd.store.difference import difference
from swarmd.store.interfaces import (
    Change,
    KeyValue,
    Outage,
    Receive,
    Snapshot,
    StoreLost,
    StoreUnsure,
)
from swarmd.store.reachability import Reachability

_FIRST_WAIT, _MOST_WAIT = 0.2, 2.0  # seconds between two tries


class FollowedPrefix:
    """What one watch knows of its prefix, and the coroutine that keeps it up to date.

    Args:
        follow: Follows the store from ``revision``, by ``news`` and ``take``; may end at any time,
            and is begun again.

    Attributes:
        revision: Up to which everything was received.
        outage: None while news come, as far as anybody knows.
        stopped: Nothing is received any longer.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        since: Snapshot,
        receive: Receive,
        follow: Callable[[FollowedPrefix], Awaitable[None]],
    ) -> None:
        self.prefix = since.prefix
        self.revision = since.revision
        self.stopped = False
        self._clock = clock
        self._receive = receive
        self._follow = follow
        self._state = Reachability(time.time)
        self._known = {entry.key: entry.revision for entry in since.entries}
        self._turn: Deferred[None] | None = None
        self._owner = Deferred.fromCoroutine(self._run())
        self._owner.addErrback(self._failed)

    @property
    def outage(self) -> Outage | None:
        return None if self.stopped else self._state.outage

    def answered(self) -> None:
        """The store follows: news come from now on."""
        self._state.answered()

    def stop(self) -> None:
        self.stopped = True
        self._owner.cancel()

    def restart(self) -> None:
        """Follows anew, from where it is."""
        if self._turn is not None:
            self._turn.cancel()

    def news(self, revision: int, changes: Sequence[Change]) -> None:
        """Some keys changed; what is known already is left out."""
        new = [each for each in changes if self._is_new(each)]
        self.revision = max(self.revision, revision)
        if not new or self.stopped:
            return
        for change in new:
            self._known.pop(change.key, None)
            if change.entry is not None:
                self._known[change.key] = change.entry.revision
        try:
            self._receive(revision, new)
        except Exception:  # noqa: BLE001 - who receives must not end the watch
            self._log.failure("a change of {prefix} could not be taken in", prefix=self.prefix)

    def take(self, revision: int, entries: Iterable[KeyValue]) -> None:
        """This is all that stands there now."""
        self.revision = revision
        self.news(revision, difference(self._known, entries))

    def forget_revisions(self) -> None:
        """The store went back in time: whatever stands there is new."""
        self._known = dict.fromkeys(self._known, -1)

    def _is_new(self, change: Change) -> bool:
        known = self._known.get(change.key)
        return known != (None if change.entry is None else change.entry.revision)

    async def _run(self) -> None:
        failures = 0
        while not self.stopped:
            try:
                self._turn = Deferred.fromCoroutine(self._follow_once())
                await self._turn
                failures = 0
                self.answered()
            except (StoreLost, StoreUnsure) as error:
                failures += 1
                self._state.failed(f"no news: {error}")
            except CancelledError:
                failures = 0
            except Exception:  # noqa: BLE001 - whatever a store says, the watch goes on
                self._log.failure("{prefix} could not be followed", prefix=self.prefix)
                failures += 1
            await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        if failures and not self.stopped:
            wait = backoff(failures, base=_FIRST_WAIT, ceiling=_MOST_WAIT, jitter=random.random)
            await deferLater(self._clock, wait)

    async def _follow_once(self) -> None:
        await self._follow(self)

    def _failed(self, reason: object) -> None:
        if not self.stopped:
            self._log.error("the watch of {prefix} ended: {why}", prefix=self.prefix, why=reason)


def outage_of(watches: Iterable[FollowedPrefix]) -> Outage | None:
    """The one that lasts longest."""
    outages = [watch.outage for watch in watches]
    return min((one for one in outages if one is not None), key=lambda one: one.since, default=None)
