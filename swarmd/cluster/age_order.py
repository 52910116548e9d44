"""All containers, newest first, kept in order as they come and go."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

T = TypeVar("T")

# Up to so many changes since the last reading each is put into its place; beyond, all are sorted.
_MANY = 256


class AgeOrder(Generic[T]):
    """Things by the second in which they were made; two reads with nothing between cost nothing."""

    def __init__(self) -> None:
        self._all: list[T] = []
        self._negated = array("d")  # of the seconds, so that it ascends
        self._changes: list[tuple[T, float, bool]] = []
        self._kept = True

    def add(self, one: T, second: float) -> None:
        self._note(one, second, True)

    def remove(self, one: T, second: float) -> None:
        """``second`` is the one that it was added with."""
        self._note(one, second, False)

    def spoil(self) -> None:
        """The seconds are others now."""
        self._kept = False
        self._changes.clear()

    def newest_first(self, everything: Callable[[], Iterable[tuple[T, float]]]) -> Sequence[T]:
        """``everything`` gives all things, each with its second, for a new start."""
        for one, second, added in self._changes:
            self._insert(one, -second) if added else self._delete(one, -second)
        self._changes.clear()
        if not self._kept:
            self._sort(everything())
        return self._all

    def _note(self, one: T, second: float, added: bool) -> None:
        if self._kept:
            self._changes.append((one, second, added))
            if len(self._changes) > _MANY:
                self.spoil()

    def _insert(self, one: T, negated: float) -> None:
        place = bisect_left(self._negated, negated)
        self._negated.insert(place, negated)
        self._all.insert(place, one)

    def _delete(self, one: T, negated: float) -> None:
        place = self._all.index(one, bisect_left(self._negated, negated))
        del self._all[place], self._negated[place]

    def _sort(self, everything: Iterable[tuple[T, float]]) -> None:
        ordered = sorted(everything, key=itemgetter(1), reverse=True)
        self._all = [one for one, _ in ordered]
        self._negated = array("d", [-second for _, second in ordered])
        self._kept = True
