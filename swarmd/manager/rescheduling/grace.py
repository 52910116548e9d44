"""The grace of a node that is away: how long nothing of it is made again."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Graces:
    """The graces that run, by the keys of nodes.

    Args:
        length: Seconds.
        over: Called with the key of a node whose grace is over.
    """

    def __init__(self, clock: IReactorTime, length: float, over: Callable[[str], None]) -> None:
        self._clock = clock
        self._length = length
        self._over = over
        self._timers: dict[str, IDelayedCall] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._timers

    def begin(self, key: str, left: float | None = None) -> None:
        """Unless it runs; ``left`` is what another process has left of it, in seconds."""
        if key not in self._timers:
            seconds = self._length if left is None else left
            self._timers[key] = self._clock.callLater(seconds, self._end, key)

    def left(self, key: str) -> float | None:
        """Seconds; None while none runs."""
        timer = self._timers.get(key)
        return max(0.0, timer.getTime() - self._clock.seconds()) if timer is not None else None

    def stop(self, key: str) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def stop_all(self) -> None:
        for key in list(self._timers):
            self.stop(key)

    def change(self, length: float) -> None:
        """Those that run are as long as if they had begun with it."""
        longer, self._length = length - self._length, length
        for key in list(self._timers):
            left = self.left(key) or 0.0
            self.stop(key)
            self.begin(key, max(0.0, left + longer))

    def _end(self, key: str) -> None:
        del self._timers[key]
        self._over(key)
