"""A timer wheel: many timers for the price of one, each early or late by half a step.

The checks of a thousand engines as delayed calls of the reactor were a heap of thousands, most of
them cancelled, and a wake-up each. On a wheel all that falls due within a step is done together,
and the answers to what is asked together come together as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

_SLACK = 1e-6  # of a step: what floating point may be off


class Spoke:
    """A timer: a call that is due at some turn of the wheel."""

    __slots__ = ("_wheel", "call", "turn")

    def __init__(self, wheel: TimerWheel, turn: int, call: Callable[[], None]) -> None:
        self._wheel = wheel
        self.turn = turn
        self.call = call

    def cancel(self) -> None:
        """Does nothing if it was made or cancelled already."""
        self._wheel.drop(self)


class TimerWheel:
    """A timer wheel, which turns only while something is due.

    Args:
        step: Seconds between two turns.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, step: float) -> None:
        self._clock = clock
        self._step = step
        self._due: dict[int, dict[Spoke, None]] = {}  # by turn; none is empty
        self._next: IDelayedCall | None = None
        self._last = -1  # turn

    def after(self, seconds: float, call: Callable[[], None]) -> Spoke:
        """Makes ``call`` in about so many seconds, at the next turn at the soonest.

        Its errors are logged.
        """
        nearest = math.floor((self._clock.seconds() + seconds) / self._step + 0.5)
        turn = max(nearest, self._last + 1)
        spoke = Spoke(self, turn, call)
        self._due.setdefault(turn, {})[spoke] = None
        if self._next is None:
            self._wait()
        return spoke

    def set_step(self, step: float) -> None:
        """Another pause between two turns; what is due stays due at its time."""
        waiting = [spoke for due in self._due.values() for spoke in due]
        times = [spoke.turn * self._step for spoke in waiting]
        self._due.clear()
        self._step = step
        self._last = math.floor(self._clock.seconds() / step + _SLACK)
        for spoke, time in zip(waiting, times, strict=True):
            spoke.turn = max(math.floor(time / step + 0.5), self._last + 1)
            self._due.setdefault(spoke.turn, {})[spoke] = None
        if self._next is not None:
            self._next.cancel()
            self._wait()

    def drop(self, spoke: Spoke) -> None:
        due = self._due.get(spoke.turn)
        if due is not None and spoke in due:
            del due[spoke]
            if not due:
                del self._due[spoke.turn]
        if not self._due and self._next is not None:
            self._next.cancel()
            self._next = None

    def _wait(self) -> None:
        now = self._clock.seconds()
        turn = math.floor(now / self._step + _SLACK) + 1
        self._next = self._clock.callLater(turn * self._step - now, self._turn)

    def _turn(self) -> None:
        self._next = None
        self._last = math.floor(self._clock.seconds() / self._step + _SLACK)
        for turn in sorted(turn for turn in self._due if turn <= self._last):
            while due := self._due.get(turn):
                self._make(next(iter(due)))
        if self._due and self._next is None:
            self._wait()

    def _make(self, spoke: Spoke) -> None:
        self.drop(spoke)
        try:
            spoke.call()
        except Exception:  # noqa: BLE001 - the others are due all the same
            self._log.failure("what was due")
