"""A call that is repeated for as long as its service runs."""

from __future__ import annotations

from collections.abc import Callable

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger


class Periodic(Service):
    """A periodic service.

    Calls ``call`` every ``interval`` seconds; an error is logged, and ends nothing.

    Twisted's own ``TimerService`` would stop at the first error, in silence.

    Args:
        now: The first call is at the start, not an interval later.
        failed: What the log says when the call has raised.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        interval: float,
        call: Callable[[], None],
        *,
        now: bool = False,
        failed: str = "a periodic call failed",
    ) -> None:
        self._call = call
        self._interval = interval
        self._now = now
        self._failed = failed
        self._loop = LoopingCall(self._turn)
        self._loop.clock = clock

    def startService(self) -> None:
        super().startService()
        self._loop.start(self._interval, now=self._now)

    def stopService(self) -> None:
        """May be called by the call itself, and again."""
        super().stopService()
        if self._loop.running:
            self._loop.stop()

    def _turn(self) -> None:
        try:
            self._call()
        except Exception:  # noqa: BLE001 - an escape would end the loop for good
            self._log.failure(self._failed)
