"""What candidates are compared by; the smaller the value, the better.

A column hands out engines from its best value on, so that whoever wants a few of many looks at few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from heapq import heapify, heappop
from itertools import groupby
from operator import itemgetter, or_
from typing import NamedTuple

from swarmd.core.index.bits import Bits, slots
from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy

Groups = Iterator[tuple[float, Bits]]

_value = itemgetter(0)


class Column(NamedTuple):
    """One criterion of a strategy.

    ``split`` parts a set of engines by value, the smallest first.
    """

    name: str
    split: Callable[[Bits], Groups]


Strategy = Callable[[Placement, EngineIndex, PlacementPolicy, int], list[Column]]
"""From the fleet, and a seed, to columns of which the first counts most."""


def grouped(name: str, groups: Iterable[tuple[float, Bits]]) -> Column:
    """Few values, each with its engines, in any order; a value may come several times."""
    ascending = sorted(groups, key=_value)

    def split(among: Bits) -> Groups:
        here = ((value, found) for value, bits in ascending if (found := bits & among))
        for value, alike in groupby(here, _value):
            yield value, reduce(or_, (bits for _, bits in alike))

    return Column(name, split)


def measured(name: str, values: Callable[[Bits], Iterable[float]]) -> Column:
    """As many values as engines; ``values`` computes those of a set, by ascending slot."""

    def split(among: Bits) -> Groups:
        heap = list(zip(values(among), slots(among), strict=True))
        heapify(heap)
        while heap:
            value, slot = heappop(heap)
            alike: Bits = 1 << slot
            while heap and heap[0][0] == value:
                alike |= 1 << heappop(heap)[1]
            yield value, alike

    return Column(name, split)


def ordered(columns: Sequence[Column], among: Bits) -> Iterator[tuple[tuple[float, ...], int]]:
    """Slots with their values, best first; equals by ascending slot."""
    if not columns:
        yield from (((), slot) for slot in slots(among))
        return
    for value, group in columns[0].split(among):
        for rest, slot in ordered(columns[1:], group):
            yield (value, *rest), slot
