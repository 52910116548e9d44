"""Indexes of containers: by start of ID, by name, and what they were called lately."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Generic, TypeVar

V = TypeVar("V")

_MANY = 64  # from so many new texts on, sorting all of them beats inserting each


class PrefixIndex:
    """Texts in order, to find the few that start with something."""

    def __init__(self) -> None:
        self._sorted: list[str] = []
        self._new: list[str] = []

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)

    def add(self, text: str) -> None:
        self._new.append(text)

    def remove(self, text: str) -> None:
        """Takes out ``text``, which must be there."""
        self._sort_in()
        del self._sorted[bisect_left(self._sorted, text)]

    def starting_with(self, prefix: str, limit: int = 8) -> list[str]:
        """The first ``limit`` texts that start with ``prefix``."""
        self._sort_in()
        first = bisect_left(self._sorted, prefix)
        return [text for text in self._sorted[first : first + limit] if text.startswith(prefix)]

    def _sort_in(self) -> None:
        if len(self._new) < _MANY:
            for text in self._new:
                insort(self._sorted, text)
        else:
            self._sorted += self._new
            self._sorted.sort()
        self._new.clear()


class NameIndex:
    """Name -> IDs; more than one only if somebody made containers behind our back.

    Attributes:
        shared: Names that have more than one.
    """

    def __init__(self) -> None:
        self.shared: set[str] = set()
        self._ids: dict[str, tuple[str, ...]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def add(self, name: str, container_id: str) -> None:
        held = self._ids.get(name, ())
        self._ids[name] = (*held, container_id)
        if held:
            self.shared.add(name)

    def remove(self, name: str, container_id: str) -> None:
        left = tuple(held for held in self._ids[name] if held != container_id)
        if len(left) < 2:
            self.shared.discard(name)
        if left:
            self._ids[name] = left
        else:
            del self._ids[name]

    def find(self, name: str) -> tuple[str, ...]:
        return self._ids.get(name, ())


class Bounded(Generic[V]):
    """A table that forgets its oldest items."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: dict[str, V] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: str) -> V | None:
        return self._items.get(key)

    def put(self, key: str, value: V) -> None:
        self._items[key] = value
        if len(self._items) > self._limit:
            del self._items[next(iter(self._items))]
