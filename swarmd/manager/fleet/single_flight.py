"""Single flight: who asks what is being asked already shares the answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Single flight by key: those who ask the same at one time share one call and its result.

    An asker who gives up does not end the call for the others.
    """

    def __init__(self) -> None:
        self._waiting: dict[K, list[Deferred[V]]] = {}

    async def ask(self, key: K, work: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The result of ``work``, or its error; it must come to an end by itself."""
        mine: Deferred[V] = Deferred()
        waiting = self._waiting.setdefault(key, [])
        waiting.append(mine)
        if len(waiting) == 1:
            Deferred.fromCoroutine(work()).addBoth(self._deliver, key)
        return await mine

    def _deliver(self, result: Any, key: K) -> None:
        for one in self._waiting.pop(key):
            if not one.called:
                one.callback(result)
