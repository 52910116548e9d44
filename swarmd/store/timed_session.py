"""A session by its own clock: it counts as held only while the store cannot have ended it.

The time to live counts from when the last sign of life that was acknowledged was *sent*. The clock
goes on while the machine is suspended, and is looked at whenever somebody asks, so that a process
that was stopped for a while does not go on as if nothing had been.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.store.interfaces import StoreLost, StoreUnsure
from swarmd.timers.periodic import Periodic

_LOOKS = 10  # in a session's time
_RENEWALS = 4


def boottime() -> float:
    """Seconds since the machine started, those included in which it was suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class TimedSession:
    """A session that is kept alive until it is ended, or cannot be held any longer.

    Args:
        began: When it was asked for, by ``now``.
        hold: Seconds for which a sign of life is good.
        renew: Gives a sign of life; False if the store has ended the session.
        revoke: Ends it in the store.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        name: str,
        began: float,
        hold: float,
        renew: Callable[[], Awaitable[bool]],
        revoke: Callable[[], Awaitable[None]],
        now: Callable[[], float] = boottime,
    ) -> None:
        self._id = name
        self._hold = hold
        self._renew = renew
        self._revoke = revoke
        self._now = now
        self._deadline = began + hold
        self._next = began + hold / _RENEWALS
        self._ended = False
        self._renewing = False
        self._calls: list[Callable[[], None]] = []
        self._timer = Periodic(clock, hold / _LOOKS, self._look)
        self._timer.startService()

    @property
    def id(self) -> str:
        return self._id

    def held(self) -> bool:
        if not self._ended and self._now() >= self._deadline:
            self.lose()
        return not self._ended

    def on_end(self, call: Callable[[], None]) -> None:
        if self.held():
            self._calls.append(call)
        else:
            call()

    async def end(self) -> None:
        self.lose()
        try:
            await self._revoke()
        except (StoreLost, StoreUnsure) as error:
            self._log.debug("session {id} ends by itself: {error}", id=self._id, error=error)

    def lose(self) -> None:
        """It is not held any longer, whatever the store says."""
        if self._ended:
            return
        self._ended = True
        self._timer.stopService()
        calls, self._calls = self._calls, []
        for call in calls:
            call()

    def _look(self) -> None:
        if self.held() and not self._renewing and self._now() >= self._next:
            self._renewing = True
            Deferred.fromCoroutine(self._keep()).addErrback(self._failed)

    async def _keep(self) -> None:
        sent = self._now()
        try:
            alive = await self._renew()
        except (StoreLost, StoreUnsure):
            return  # the next look tries again, until the time is up
        finally:
            self._renewing = False
        if not alive:
            self.lose()
        elif not self._ended:
            self._deadline = sent + self._hold
            self._next = sent + self._hold / _RENEWALS

    def _failed(self, reason: object) -> None:
        self._log.error("session {id}: {reason}", id=self._id, reason=reason)
