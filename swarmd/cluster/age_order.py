"""All containers, newest first, kept in order as they come and go."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

# Up to so many changes since the last reading each is put into its place; beyond, all are sorted.
_MANY = 256


class AgeOrder:
    """IDs by the second in which they were made; two reads with nothing between cost nothing."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._negated = array("d")  # of the seconds, so that it ascends
        self._changes: list[tuple[str, float, bool]] = []
        self._kept = True

    def add(self, one: str, second: float) -> None:
        self._note(one, second, True)

    def remove(self, one: str, second: float) -> None:
        """``second`` is the one that it was added with."""
        self._note(one, second, False)

    def spoil(self) -> None:
        """The seconds are others now."""
        self._kept = False
        self._changes.clear()

    def newest_first(self, everything: Callable[[], Iterable[tuple[str, float]]]) -> Sequence[str]:
        """``everything`` gives all IDs, each with its second, for a new start."""
        for one, second, added in self._changes:
            self._insert(one, -second) if added else self._delete(one, -second)
        self._changes.clear()
        if not self._kept:
            self._sort(everything())
        return self._ids

    def _note(self, one: str, second: float, added: bool) -> None:
        if self._kept:
            self._changes.append((one, second, added))
            if len(self._changes) > _MANY:
                self.spoil()

    def _insert(self, one: str, negated: float) -> None:
        place = bisect_left(self._negated, negated)
        self._negated.insert(place, negated)
        self._ids.insert(place, one)

    def _delete(self, one: str, negated: float) -> None:
        place = self._ids.index(one, bisect_left(self._negated, negated))
        del self._ids[place], self._negated[place]

    def _sort(self, everything: Iterable[tuple[str, float]]) -> None:
        ordered = sorted((-second, one) for one, second in everything)
        self._ids = [one for _, one in ordered]
        self._negated = array("d", (negated for negated, _ in ordered))
        self._kept = True
