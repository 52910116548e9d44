"""The completeness of an answer about the fleet: what it lacks, in words, node by node."""

from __future__ import annotations

from collections.abc import Iterable

from swarmd.cluster.views.volume_list import missing_nodes
from swarmd.core.model import Engine
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.interfaces import FleetView


def outdated(fleet: FleetView, what: str) -> list[str]:
    """Engines whose ``images``, ``networks`` or ``volumes`` are not known as they are now."""
    late = [
        f"node {engine.name} did not answer in time: its {what} may be out of date"
        for engine in fleet.healthy()
        if what in engine.stale
    ]
    return [*missing_nodes(fleet.state), *late]


def unanswered(outcomes: Iterable[Outcome]) -> list[str]:
    """Engines whose part is missing."""
    return [f"{one.engine.name}: {one.error.message}" for one in outcomes if one.error is not None]


def unasked(fleet: FleetView) -> list[str]:
    """Engines that could not even be asked."""
    engines = fleet.state.engines.values()
    return [f"{engine.name}: {_why(engine)}" for engine in engines if not engine.healthy]


def _why(engine: Engine) -> str:
    return engine.error or f"is {engine.health.value.lower()}"
