"""The node label ``weight``, as strategies use it: how much a node takes beside one of weight 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.node_labels import WEIGHT, parse_weight


def groups(fleet: EngineIndex) -> list[tuple[float, Bits]]:
    """Each weight with its engines; a weight may come twice, spelled differently."""
    given = [(parse_weight(text), bits) for text, bits in fleet.values(WEIGHT).items()]
    return [(1.0, fleet.unlabelled(WEIGHT)), *given]


def divided(
    values: Iterable[tuple[float, Bits]], weights: Sequence[tuple[float, Bits]]
) -> list[tuple[float, Bits]]:
    """Groups by value / weight."""
    if len(weights) == 1:
        return list(values)
    return [(n / weight, a & b) for n, a in values for weight, b in weights if a & b]
