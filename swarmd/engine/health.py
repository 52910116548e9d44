"""Whether an engine still answers."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater

from swarmd.core.errors import ApiError
from swarmd.engine.context import Context


class HealthCheck:
    """A ping every heartbeat; a failed one is repeated soon, until it is beyond doubt.

    Args:
        ping: Raises ApiError if the engine does not answer well.
        answered: Told after every good ping.
        failed: Told of every failed one but the last.
    """

    def __init__(
        self,
        ping: Callable[[], Awaitable[None]],
        answered: Callable[[], None],
        failed: Callable[[ApiError], None],
        context: Context,
    ) -> None:
        self._ping = ping
        self._answered = answered
        self._failed = failed
        self._context = context
        self._timing = context.timing
        self._alive = self._late = -math.inf
        self._check: Deferred[None] | None = None

    def sign_of_life(self) -> None:
        """It said something by itself: the next ping may be spared."""
        self._alive = self._context.clock.seconds()

    def answered_late(self) -> None:
        """A ping that counted as failed is answered after all: the engine is slow, not lost."""
        self._late = self._context.clock.seconds()

    async def run(self) -> None:
        """Returns never; raises the error of the last of ``failure_retry`` failures in a row.

        That, and anything unforeseen, ends the loop on purpose: the session that it is part of
        ends with it, and is begun anew.
        """
        await deferLater(self._context.clock, self._context.jitter() * self._timing.heartbeat)
        loop: LoopingCall = LoopingCall(self._beat)
        loop.clock = self._context.clock
        try:
            await loop.start(self._timing.heartbeat)
        finally:
            if loop.running:
                loop.stop()
            if self._check is not None:
                self._check.cancel()

    def _beat(self) -> Deferred[Any] | None:
        if self._context.clock.seconds() - self._alive < self._timing.heartbeat / 2:
            return None
        self._check = Deferred.fromCoroutine(self._make_sure())
        return self._check

    async def _make_sure(self) -> None:
        clock, suspected = self._context.clock, self._context.clock.seconds()
        for left in reversed(range(self._timing.failure_retry)):
            try:
                await self._ping()
                break
            except ApiError as error:
                if self._late > suspected:
                    break
                if not left:
                    raise
                self._failed(error)
            await deferLater(clock, self._timing.recheck)
            if self._late > suspected:
                break
        self._answered()
