"""Inspects in the background: what a list does not tell, learnt without keeping anyone waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from twisted.internet.task import deferLater

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError
from swarmd.engine.sync import Sync
from swarmd.engine.task_group import TaskGroup
from swarmd.engine.tracking_context import TrackingContext

AT_ONCE = 4
# A create makes several events; one made through us is known by then, and needs no inspect.
DEBOUNCE = 0.3


class Details:
    """The inspects of containers whose details are missing, a few at a time on one engine.

    Who asks for the same container twice gets one inspect; a failed one is left to the next list.
    """

    def __init__(
        self, key: str, sync: Sync, task_group: TaskGroup, context: TrackingContext
    ) -> None:
        self._key = key
        self._sync = sync
        self._task_group = task_group
        self._context = context
        self._wanted: dict[str, None] = {}
        self._strangers: set[str] = set()
        self._workers = 0

    def want_all(self) -> None:
        """Every container that only a list has told of."""
        self.want([c.id for c in self._containers().values() if not c.detailed])

    def want(self, ids: Iterable[str]) -> None:
        self._wanted.update(dict.fromkeys(ids))
        for _ in range(min(AT_ONCE - self._workers, len(self._wanted))):
            self._workers += 1
            self._task_group.start(self._work())

    def meet(self, container_id: str) -> None:
        """An event told of a container that is not known: made behind our back, perhaps."""
        if not self._strangers:
            self._task_group.start(self._introduce())
        self._strangers.add(container_id)

    async def _introduce(self) -> None:
        await deferLater(self._context.clock, DEBOUNCE)
        strangers, self._strangers = self._strangers, set()
        self.want(sorted(strangers - self._containers().keys()))

    async def _work(self) -> None:
        try:
            while self._wanted:
                async with self._context.gates.inspects:
                    await self._next()
        finally:
            self._workers -= 1

    async def _next(self) -> None:
        if not self._wanted:
            return
        container_id = next(iter(self._wanted))
        del self._wanted[container_id]
        if self._is_missing(container_id):
            try:
                await self._sync.inspect(container_id, in_line=True)
            except ApiError:
                return

    def _is_missing(self, container_id: str) -> bool:
        container = self._containers().get(container_id)
        if container is not None:
            return not container.detailed
        engine = self._context.engines.get(self._key)
        return engine is not None and container_id in engine.dirty

    def _containers(self) -> Mapping[str, Container]:
        engine = self._context.engines.get(self._key)
        return engine.containers if engine is not None else {}
