"""Whether a move makes a fleet more even, as the strategy that places containers understands it.

The strategy's criteria count from left to right. By each, the fuller of the two nodes that a move
concerns says how good it is: less full is better for a strategy that spreads, fuller for one that
packs. A move that is no worse by the first ones and better by the next is an improvement. So the
nodes by fullness, criterion by criterion, only ever get smaller (or only ever greater), and any
row of improvements ends: what was evened out is not evened out again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Burden(NamedTuple):
    """What a node bears, or a container adds to it.

    Attributes:
        cpus, memory: What is kept for it: nano-CPUs, bytes.
        used_cpus, used_memory: What it really uses, as far as that was measured.
    """

    containers: int = 0
    cpus: float = 0.0
    memory: float = 0.0
    used_cpus: float = 0.0
    used_memory: float = 0.0

    def plus(self, other: Burden) -> Burden:
        return Burden._make(a + b for a, b in zip(self, other, strict=True))

    def minus(self, other: Burden) -> Burden:
        return Burden._make(a - b for a, b in zip(self, other, strict=True))


class Bearer(NamedTuple):
    """A node: what it gives, and what it bears.

    Attributes:
        cpus, memory: What it gives, over-commit included.
        weight: How much it takes beside a node of weight 1.
        zone: Value of the label over which the fleet is spread; "" where there is none.
        bears: Now, or after the moves that were tried.
    """

    key: str
    cpus: float
    memory: float
    weight: float = 1.0
    zone: str = ""
    bears: Burden = Burden()

    def taking(self, burden: Burden) -> Bearer:
        return self._replace(bears=self.bears.plus(burden))

    def giving(self, burden: Burden) -> Bearer:
        return self._replace(bears=self.bears.minus(burden))


class Criterion(NamedTuple):
    """One of the numbers by which nodes are compared.

    Attributes:
        least: By how much it must get better before that is worth a move.
    """

    name: str
    of: Callable[[Bearer], float]
    least: float = 0.0


class Notion(NamedTuple):
    """A strategy's notion of evenness.

    Attributes:
        sign: 1 where the fuller node should be less full, -1 where it should be fuller.
    """

    criteria: tuple[Criterion, ...]
    sign: int


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def load(node: Bearer) -> float:
    """CPUs and memory that are kept, in percent each: 0 to 200 on a node that keeps to its own."""
    kept = _percent(node.bears.cpus, node.cpus) + _percent(node.bears.memory, node.memory)
    return kept / node.weight


def usage(node: Bearer) -> float:
    used = node.bears
    both = _percent(used.used_cpus, node.cpus) + _percent(used.used_memory, node.memory)
    return both / node.weight


def containers(node: Bearer) -> float:
    return node.bears.containers / node.weight


_LOAD, _COUNT = Criterion("load", load, 5.0), Criterion("containers", containers)

NOTIONS: Mapping[str, Notion] = MappingProxyType(
    {
        "spread": Notion((_LOAD, _COUNT), 1),
        "spread:usage": Notion((Criterion("usage", usage, 10.0),), 1),
        "binpack": Notion((_LOAD, _COUNT), -1),
    }
)
"""By strategy; one that is not here draws lots, and is content with whatever comes of it."""

_TINY = 1e-9


def improves(notion: Notion, giver: Bearer, taker: Bearer, burden: Burden) -> bool:
    """Whether the fleet is better off with ``burden`` on ``taker`` than on ``giver``.

    Zones are judged by ``improves_zones``, before.
    """
    after = giver.giving(burden), taker.taking(burden)
    for name, of, least in notion.criteria:
        before_fuller = max(of(giver), of(taker))
        gain = notion.sign * (before_fuller - max(map(of, after)))
        if gain > max(least, _TINY):
            return True
        if gain < -_TINY or (name == "usage" and gain <= least):
            return False
    return False


def improves_zones(before: Mapping[str, int], giver: Bearer, taker: Bearer, moved: int) -> int:
    """1 if zones get more even, -1 if less, 0 if that stays as it is.

    Args:
        before: Zone -> containers in it.
    """
    if giver.zone == taker.zone:
        return 0
    old, new = before.get(giver.zone, 0), before.get(taker.zone, 0)
    after = max(old - moved, new + moved)
    return (after < max(old, new)) - (after > max(old, new))


def fullness(notion: Notion, node: Bearer) -> tuple[float, ...]:
    """For ordering nodes: who gives comes first, who takes last."""
    return tuple(-notion.sign * criterion.of(node) for criterion in notion.criteria)
