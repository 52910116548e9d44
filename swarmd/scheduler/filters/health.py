"""Only engines that answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.model import Engine, Health
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule


def health(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    yield Rule("health", "", _keep, _why, headline="No healthy node available in the cluster")


def _keep(engines: Sequence[Engine]) -> list[Engine]:
    healthy = Health.HEALTHY
    return [engine for engine in engines if engine.health is healthy]


def _why(engine: Engine) -> str:
    state = f"is {engine.health.value.lower()}"
    return f"{state}: {engine.error}" if engine.error else state
