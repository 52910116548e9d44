"""Containers that are just being made again on another node, and calls that forbid it.

Who asks for such a container waits until it is there. And one that somebody is attached to, waits
for, or copies files into stays where it is: the call would end with the old container.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from swarmd.cluster.container_index import Bounded
from swarmd.core.container.kept_identity import kept_identity

REMEMBERED = 1000  # of which an engine may still tell that they were removed


class Handovers:
    """The handovers under way, by the container's ID."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._calls: Counter[str] = Counter()
        self._left: Bounded[None] = Bounded(REMEMBERED)

    def __contains__(self, container_id: str) -> bool:
        return container_id in self._waiting

    def when_over(self, container_id: str, call: Callable[[], None]) -> None:
        """Calls once, when the handover that is under way has ended, either way."""
        self._waiting[container_id].append(call)

    @contextmanager
    def under_way(self, container_id: str) -> Iterator[None]:
        self._waiting[container_id] = []
        try:
            yield
        finally:
            for call in self._waiting.pop(container_id):
                call()

    def leave(self, container_id: str, labels: Mapping[str, str], key: str) -> None:
        """It is gone from the engine of ``key``, and goes on elsewhere."""
        self._left.put(_stay(container_id, labels, key), None)

    def has_left(self, container_id: str, labels: Mapping[str, str], key: str) -> bool:
        return _stay(container_id, labels, key) in self._left

    # Calls that it would end

    def held(self, container_id: str) -> bool:
        return container_id in self._calls

    def hold(self, container_id: str) -> Callable[[], None]:
        """Until what it returns is called, once."""
        self._calls[container_id] += 1

        def release() -> None:
            self._calls[container_id] -= 1
            self._calls += Counter()  # drops what is at zero

        return release


def _stay(container_id: str, labels: Mapping[str, str], key: str) -> str:
    """It may come back to an engine, from another one."""
    kept = kept_identity(labels)
    return f"{key} {container_id} {kept.origin if kept else ''}"
