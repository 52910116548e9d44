"""Periodic refresh: what is asked for again, though nobody said that it changed.

Events tell of nearly everything, but not always. An engine drops events for a subscriber that has
1,024 of them waiting, and does not say so. And some things it never tells: images that another
program puts into its containerd, volumes that a driver makes by itself.

So the time is cut into spans, ``refresh_min`` to ``refresh_max`` long. At the end of each, what
events and clients have changed is listed again, and everything if events were many, or if the last
listing failed. At the end of each fifth everything is, whatever
happened. Before, a thousand engines that did nothing were asked for everything 22 times a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.task import deferLater

from swarmd.core.errors import ApiError
from swarmd.engine.sync import Sync
from swarmd.engine.tracking_context import TrackingContext

# Events in a span of which none can have been dropped: a fifth of what an engine's queue takes.
FEW = 200
MOST_SPANS = 5  # from one listing of everything to the next


class Refresh:
    """The refreshes of one session: whole lists again, now and then and when something was missed.

    Args:
        read_spec: Asks anew who the engine is, if it is time.
        listed: Told at the end of each span.
    """

    def __init__(
        self,
        sync: Sync,
        read_spec: Callable[[], Awaitable[None]],
        listed: Callable[[], None],
        context: TrackingContext,
    ) -> None:
        self._sync = sync
        self._read_spec = read_spec
        self._listed = listed
        self._context = context
        self._events = self._spans = self._failures = 0  # since everything was listed

    def event(self) -> None:
        """One more has come."""
        self._events += 1

    def missed(self) -> None:
        """One has come that nobody could read: everything is listed at the end of this span."""
        self._events += FEW + 1

    async def run(self) -> None:
        """Returns never; raises the error of the last of ``failure_retry`` failures in a row."""
        timing = self._context.timing
        spread = timing.refresh_max - timing.refresh_min
        while True:
            wait = timing.refresh_min + spread * self._context.jitter()
            await deferLater(self._context.clock, wait)
            try:
                await self._end_span()
                self._failures = 0
            except ApiError:
                self._failures += 1
                if self._failures >= timing.failure_retry:
                    raise

    async def _end_span(self) -> None:
        self._spans += 1
        async with self._context.gates.lists:
            if self._everything_is_due():
                self._events = self._spans = 0
                await self._sync.everything()
            else:
                await self._sync.changed()
        self._listed()
        await self._read_spec()

    def _everything_is_due(self) -> bool:
        return self._events > FEW or self._spans >= MOST_SPANS or self._failures > 0
