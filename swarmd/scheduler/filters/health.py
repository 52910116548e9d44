"""Only engines that answer."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine, Health
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule


def health(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    keep = fleet.health.of(Health.HEALTHY).__and__
    yield Rule("health", "", keep, _why, headline="No healthy node available in the cluster")


def _why(engine: Engine) -> str:
    state = f"is {engine.health.value.lower()}"
    return f"{state}: {engine.error}" if engine.error else state
