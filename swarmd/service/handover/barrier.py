"""Where three processes or more run at once: what each has told its clients is known to all.

What a neighbour says is read before each request. What one beyond it has said comes by way of it,
when it gets to it: that it has, it is asked before a request begins.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from swarmd.manager.fleet.startup_gate import answers_at_once

LIMIT = 2.0  # seconds for the answer of all processes on that side
DISTRUST = 10.0  # seconds for which one that did not answer is not asked for requests


class Barrier:
    """The barrier to one side: requests begin when the processes there have passed on all news.

    One question is under way at a time; whoever comes meanwhile shares the next one.

    Attributes:
        chained: There is one beyond the neighbour: requests have to wait.

    Args:
        ask: Asks the neighbour, by a number.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, ask: Callable[[int], None]) -> None:
        self.chained = False
        self._clock = clock
        self._ask = ask
        self._number = 0
        self._timer: IDelayedCall | None = None
        self._asked: list[Callable[[], None]] = []  # who waits for the question under way
        self._waiting: list[Callable[[], None]] = []  # and who for the next
        self._distrusted = 0.0

    @property
    def closed(self) -> bool:
        return self.chained and self._clock.seconds() >= self._distrusted

    def settle(self, then: Callable[[], None]) -> None:
        """Calls ``then`` when all that was said until now is known here, or the limit is over."""
        self._waiting.append(then)
        if self._timer is None:
            self._question()

    def _question(self) -> None:
        self._number += 1
        self._asked, self._waiting = self._waiting, []
        self._timer = self._clock.callLater(LIMIT, self._too_late)
        self._ask(self._number)

    def answered(self, number: int, *, alone: bool) -> None:
        """By the neighbour; ``alone``: there is none beyond it (any more)."""
        self.chained = self.chained and not alone
        if self._timer is not None and number == self._number:
            self._go_on()

    def _too_late(self) -> None:
        text = "the processes beside this one have not answered in {seconds:.0f}s: going on without"
        self._log.warn(text, seconds=LIMIT)
        self._distrusted = self._clock.seconds() + DISTRUST
        self._go_on()

    def _go_on(self) -> None:
        self._stop_timer()
        asked, self._asked = self._asked, []
        if self._waiting:
            self._question()
        for begin in asked:
            begin()

    def end(self) -> None:
        """The neighbour has ended, and all that it had to say is known."""
        self.chained = False
        self._stop_timer()
        waiting, self._asked, self._waiting = [*self._asked, *self._waiting], [], []
        for begin in waiting:
            begin()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


class Barriers:
    """Those to both sides, as a gate of requests."""

    def __init__(self, *barriers: Barrier) -> None:
        self._barriers = barriers

    @property
    def closed(self) -> bool:
        return any(each.closed for each in self._barriers)

    def later(self, path: bytes, begin: Callable[[], None]) -> bool:
        """Whether ``begin``, a request for ``path``, is called later, and need not be now."""
        if answers_at_once(path):
            return False
        self._pass([each for each in self._barriers if each.closed], begin)
        return True

    def _pass(self, closed: list[Barrier], begin: Callable[[], None]) -> None:
        if closed:
            closed[0].settle(partial(self._pass, closed[1:], begin))
        else:
            begin()
