"""Never an engine that takes no new containers, or that swarmd has not met yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.model import Engine, Health
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule


def cordon(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    yield Rule("cordon", "", _keep, _why, headline="No nodes available in the cluster")


def _keep(engines: Sequence[Engine]) -> list[Engine]:
    pending = Health.PENDING
    return [e for e in engines if not e.cordoned and e.health is not pending]


def _why(engine: Engine) -> str:
    return "is cordoned" if engine.cordoned else "is pending"
