"""Never an engine that takes no new containers, or that swarmd has not met yet."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine, Health
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule


def cordon(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    taken_out = fleet.cordoned.of(True) | fleet.health.of(Health.PENDING)
    headline = "No nodes available in the cluster"
    yield Rule("cordon", "", lambda among: among & ~taken_out, _why, headline=headline)


def _why(engine: Engine) -> str:
    return "is cordoned" if engine.cordoned else "is pending"
