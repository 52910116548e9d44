"""Round robin over clients' pipelined requests: one of each connection in turn.

What comes after a wait for events is served at once, one request of each connection. What has come
behind it may be thousands, of ready answers; they share a small part of each turn of the reactor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import perf_counter

from twisted.internet.interfaces import IReactorTime

SHARE = 0.005  # seconds of each turn of the reactor


class RoundRobin:
    """A queue of calls, one of each connection in turn.

    ``add`` has something called once, after all that were added before.
    """

    def __init__(self, clock: IReactorTime, time: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._time = time
        self._waiting: deque[Callable[[], None]] = deque()
        self._scheduled = False

    def add(self, call: Callable[[], None]) -> None:
        """``call`` must not raise."""
        self._waiting.append(call)
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._run)

    def _run(self) -> None:
        """Those that are added again come last, and may be called again within the share."""
        end = self._time() + SHARE
        self._waiting.popleft()()
        while self._waiting and self._time() < end:
            self._waiting.popleft()()
        self._scheduled = False
        self._schedule()
