"""Node label ``containerslots``: the most containers of every state, swarmd's or not."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine
from swarmd.scheduler import node_labels
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule


def containerslots(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy
) -> Iterator[Rule]:
    unlimited = fleet.unlabelled(node_labels.SLOTS)

    def keep(among: Bits) -> Bits:
        return among & unlimited | fleet.where(_has_slot, among & ~unlimited)

    yield Rule("containerslots", "available container slots", keep, _why)


def _has_slot(engine: Engine) -> bool:
    slots = node_labels.slots(engine)
    return slots is None or engine.tally.total < slots


def _why(engine: Engine) -> str:
    return f"all of its {node_labels.slots(engine)} container slots are taken"
