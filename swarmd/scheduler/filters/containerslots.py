"""Node label ``containerslots``: the most containers of every state, swarmd's or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.model import Engine
from swarmd.scheduler import node_labels
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule


def containerslots(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    yield Rule("containerslots", "available container slots", _keep, _why)


def _keep(engines: Sequence[Engine]) -> list[Engine]:
    label = node_labels.SLOTS
    return [engine for engine in engines if label not in engine.labels or _has_slot(engine)]


def _has_slot(engine: Engine) -> bool:
    slots = node_labels.slots(engine)
    return slots is None or engine.tally.total < slots


def _why(engine: Engine) -> str:
    return f"all of its {node_labels.slots(engine)} container slots are taken"
