"""Time slices for work on engines' answers, between which everybody else is served.

While a thousand engines join, hundreds of answers are there at a time, each worth 0.2 to 5 ms of
decoding and putting in its place; taken as they come, they held the reactor for 150 to 700 ms.
Here whoever works through an engine's lists and inspects waits in line once the reactor has spent
``SLICE`` on that in one turn. Sockets are read between two turns, so a client never waits for
more than a portion and the one answer that exceeds it. The line is as long as the gates allow
(``swarmd.engine.limits``), and one for each session that begins. What is asked for a client's sake
has a line of its own, and it is the questions that wait in it: so the answers come bit by bit.
"""

from __future__ import annotations

from collections import deque

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

SLICE = 0.01  # seconds


class TimeSlices:
    """The time slices of the reactor for work on engines' answers; all trackers share one."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._line: deque[Deferred[None]] = deque()
        self._end = 0.0  # of the portion of this turn
        self._open = False

    async def turn(self) -> None:
        """Returns when the work may be done: mostly at once."""
        if not self._open:
            self._begin()
        elif self._line or self._clock.seconds() >= self._end:
            waiting: Deferred[None] = Deferred()
            self._line.append(waiting)
            await waiting

    def _begin(self) -> None:
        self._open = True
        self._end = self._clock.seconds() + SLICE
        self._clock.callLater(0, self._next_turn)

    def _next_turn(self) -> None:
        self._open = False
        if self._line:
            self._begin()
        while self._line:
            waiting = self._line.popleft()
            if not waiting.called:  # else it was cancelled
                waiting.callback(None)
            if self._clock.seconds() >= self._end:
                break
