"""A keyed lock: one at a time, for each name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import DeferredLock

V = TypeVar("V")


class KeyedLock:
    """A lock by key, here by name; a name that nobody holds costs nothing."""

    def __init__(self) -> None:
        self._locks: dict[str, DeferredLock] = {}

    async def take(self, name: str, work: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The result of ``work``, which begins when whoever came before is done."""
        lock = self._locks.setdefault(name, DeferredLock())
        await lock.acquire()
        try:
            return await work()
        finally:
            lock.release()
            if not lock.locked:
                self._locks.pop(name, None)
