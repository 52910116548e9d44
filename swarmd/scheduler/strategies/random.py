"""Any engine, one of weight 2 twice as often as one of weight 1.

The same seed gives the same order; no generator is kept.
"""

from __future__ import annotations

from math import log
from zlib import crc32

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.node_labels import weight
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.strategies.column import Column, measured

_WORD = (1 << 64) - 1


def random(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy, seed: int
) -> list[Column]:
    """Efraimidis and Spirakis: the smallest of -log(u) / weight is a weighted draw."""

    def draws(among: Bits) -> list[float]:
        engines = fleet.engines(among)
        return [-log(_uniform(engine.key, seed)) / weight(engine) for engine in engines]

    return [measured("draw", draws)]


def _uniform(key: str, seed: int) -> float:
    """In (0, 1]: the finaliser of SplitMix64 over the key and the seed."""
    word = (crc32(key.encode()) + seed * 0x9E3779B97F4A7C15) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((word ^ (word >> 31)) + 1) / (_WORD + 1)
