"""The health check of an engine, by heartbeats and pings."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.core.errors import ApiError
from swarmd.engine.interfaces import Question
from swarmd.engine.timer_wheel import Spoke
from swarmd.engine.tracking_context import TrackingContext

# Asks, and tells once what came of it; None is a good answer.
Ping = Callable[[Callable[[ApiError | None], None]], Question]


class HealthCheck:
    """The health check of one engine: a ping after every heartbeat of silence, repeated on failure.

    A thousand engines are asked 200 times a second, so here are calls on one wheel of timers, and
    no coroutines but ``run``. A good answer clears the suspicion however late it comes: an engine
    that takes longer than a ping may is slow, not lost.

    Args:
        answered: Told after every good ping.
        failed: Told of every failed one but the last.
        late: Makes the error of a ping that was not answered in so many seconds.
    """

    def __init__(
        self,
        ping: Ping,
        answered: Callable[[], None],
        failed: Callable[[ApiError], None],
        late: Callable[[float], ApiError],
        context: TrackingContext,
    ) -> None:
        self._ping = ping
        self._answered = answered
        self._failed = failed
        self._late = late
        self._context = context
        self._timing = context.timing
        self._alive = -math.inf
        self._failures = 0  # in a row
        self._asked = 0  # pings so far
        self._questions: list[Question] = []  # of which some may be without an answer
        self._next: Spoke | None = None
        self._over: Deferred[None] = Deferred()

    def sign_of_life(self) -> None:
        """It said something by itself: the next ping may be spared."""
        self._alive = self._context.clock.seconds()

    async def run(self) -> None:
        """Returns never; raises the error of the last of ``failure_retry`` failures in a row.

        That, and anything unforeseen, ends it on purpose: the session that it is part of ends with
        it, and is begun anew.
        """
        self._then(self._context.jitter() * self._timing.heartbeat, self._beat)
        try:
            await self._over
        finally:
            self._rest()

    # Everything below happens by itself: on the wheel, or as a ping is answered.

    def _then(self, seconds: float, step: Callable[[], None]) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self._context.wheel.after(seconds, partial(self._do, step))

    def _do(self, step: Callable[..., None], *about: Any) -> None:
        """Takes a step, unless it is over; what goes wrong is told by ``run``."""
        if not self._over.called:
            try:
                step(*about)
            except Exception:  # noqa: BLE001
                self._over.errback(Failure())

    def _beat(self) -> None:
        silence = self._context.clock.seconds() - self._alive
        if silence < self._timing.heartbeat - self._timing.step:
            self._then(self._timing.heartbeat - silence, self._beat)
        else:
            self._ask()

    def _ask(self) -> None:
        self._asked += 1
        self._then(self._timing.ping, self._is_late)
        self._questions.append(self._ping(partial(self._do, self._on_ping_result, self._asked)))

    def _on_ping_result(self, which: int, error: ApiError | None) -> None:
        if error is None:
            self._well()
        elif which == self._asked:
            self._doubt(error)

    def _is_late(self) -> None:
        self._doubt(self._late(self._timing.ping))

    def _well(self) -> None:
        self._rest()
        self._failures = 0
        self._then(self._timing.heartbeat, self._beat)
        self._answered()

    def _doubt(self, error: ApiError) -> None:
        self._failures += 1
        if self._failures >= self._timing.failure_retry:
            raise error
        self._failed(error)
        self._then(self._timing.recheck, self._ask)

    def _rest(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        while self._questions:
            self._questions.pop().cancel()
