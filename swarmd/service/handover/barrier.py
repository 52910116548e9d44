"""Where three processes or more run at once: what the oldest has told its clients is known here.

What the process before says is read before each request. What one before *that* has said comes by
way of it, when it gets to it: that it has, it is asked before a request begins.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from swarmd.manager.fleet.startup_gate import answers_at_once

LIMIT = 2.0  # seconds for the answer of all processes before
DISTRUST = 10.0  # seconds for which one that did not answer is not asked for requests


class Barrier:
    """The barrier before requests: they begin when the processes before have passed on all news.

    One question is under way at a time; whoever comes meanwhile shares the next one.

    Attributes:
        chained: The process before has one before it: requests have to wait.

    Args:
        ask: Asks the process before, by a number.
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

    def later(self, path: bytes, begin: Callable[[], None]) -> bool:
        """Whether ``begin``, a request for ``path``, is called later, and need not be now."""
        if answers_at_once(path):
            return False
        self.settle(begin)
        return True

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
        """By the process before; ``alone``: there is none before it (any more)."""
        self.chained = self.chained and not alone
        if self._timer is not None and number == self._number:
            self._go_on()

    def _too_late(self) -> None:
        text = "the processes before have not answered in {seconds:.0f}s: going on without"
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
        """The process before has ended, and all that it had to say is known."""
        self.chained = False
        self._stop_timer()
        waiting, self._asked, self._waiting = [*self._asked, *self._waiting], [], []
        for begin in waiting:
            begin()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
