"""The health of an engine, with its circuit breaker: pending, healthy, unhealthy, and back.

An engine is pending until it has said who it is, and again when it is refused. It is healthy from
the first answer on after all of it was read. It is unhealthy after ``limit`` failures in a row, or
at once if one is fatal: a session could not begin, or broke off and a ping failed. Nothing else
changes its health; who asks, and when, is in ``swarmd.engine.health``.
"""

from __future__ import annotations

from swarmd.cluster.actions import EngineFailed
from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.model import Health


def answered(engine: EngineRecord, now: float, *, accepted: bool) -> None:
    """A sign of life; it counts only of an engine that was ``accepted``."""
    engine.updated = now
    engine.failures = 0
    if accepted:
        engine.error = ""
        turn(engine, Health.HEALTHY, now)


def failed(engine: EngineRecord, action: EngineFailed) -> None:
    engine.failures += 1
    engine.error = action.error
    if engine.validated and (action.fatal or engine.failures >= action.limit):
        turn(engine, Health.UNHEALTHY, action.now)


def refused(engine: EngineRecord, error: str, now: float) -> None:
    """It answers, but cannot be managed."""
    engine.error = error
    turn(engine, Health.PENDING, now)


def turn(engine: EngineRecord, health: Health, now: float) -> None:
    """``since`` is the moment of the last change."""
    if engine.health is not health or not engine.since:
        engine.health = health
        engine.since = now
