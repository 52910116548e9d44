"""The end of a process whose place another has taken: it finishes what it has begun."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.core.units import counted
from swarmd.timers.periodic import Periodic

LOOK = 0.1  # seconds between two looks


class Finishing(Periodic):
    """Waits for the last connection.

    Args:
        left: How many connections and other works are left; connections that wait for a request
            are passed on by asking.
        limit: Seconds after which what is left is cut.
        end: Ends the process.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        left: Callable[[], int],
        limit: Callable[[], float],
        end: Callable[[], None],
    ) -> None:
        super().__init__(clock, LOOK, self._look, now=True, failed="connections are left open")
        self._clock = clock
        self._left = left
        self._limit = limit
        self._end = end
        self._began = 0.0
        self._reported = False

    def startService(self) -> None:
        self._began = self._clock.seconds()
        super().startService()

    def _look(self) -> None:
        left, spent = self._left(), self._clock.seconds() - self._began
        if left and not self._reported and spent >= 1:
            self._reported = True
            what = counted(left, "connection")
            self._log.info("{what} to finish, for {limit:.0f}s", what=what, limit=self._limit())
        if left and spent < self._limit():
            return
        if left:
            self._log.warn("{what} cut: the drain time is over", what=counted(left, "connection"))
        else:
            self._log.info("all connections are finished: this process ends")
        self.stopService()
        self._end()
