"""Prune over the fleet: every engine cleans up its own, and the answers become one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import counted, listed
from swarmd.manager.fleet.fanout import Outcome, ask_engines, together
from swarmd.manager.interfaces import FleetView

CONTAINERS = "ContainersDeleted"
PATIENCE = 300.0  # seconds: an engine may have much to delete


async def prune(fleet: FleetView, target: Callable[[Engine], str], deleted: str) -> dict[str, Any]:
    """Asks all healthy engines.

    Args:
        deleted: The field that lists what was deleted, "ContainersDeleted".

    Raises:
        ApiError: Every engine failed, with the words of each.
    """
    outcomes = await ask_to_prune(fleet, target)
    if deleted == CONTAINERS:
        _forget(fleet, outcomes)
    return merged(outcomes, deleted)


async def ask_to_prune(fleet: FleetView, target: Callable[[Engine], str]) -> list[Outcome]:
    """Asks all healthy engines; raises ApiError if every one failed, with the words of each."""
    outcomes = await ask_engines(
        fleet, fleet.healthy(), "POST", target, timeout=PATIENCE, expect=dict
    )
    if outcomes and not any(outcome.ok for outcome in outcomes):
        raise together(outcomes)
    return outcomes


def _forget(fleet: FleetView, outcomes: list[Outcome]) -> None:
    """Only what was on the engine that says so: none speaks for another."""
    for outcome in outcomes:
        for container_id in listed(outcome.value.get(CONTAINERS), str) if outcome.ok else ():
            if container_id in outcome.engine.containers:
                fleet.forget(container_id)


def merged(outcomes: list[Outcome], deleted: str) -> dict[str, Any]:
    """The union of what was deleted and the sum of what it freed; failures as warnings."""
    records = [outcome.value for outcome in outcomes if outcome.ok]
    lists = [record[deleted] for record in records if isinstance(record.get(deleted), list)]
    body: dict[str, Any] = {
        # Of volumes an engine says an empty list, of all else null: clients count on either.
        deleted: [item for one in lists for item in one] if lists else None,
        "SpaceReclaimed": sum(counted(record.get("SpaceReclaimed")) for record in records),
    }
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if failed:
        body["Warnings"] = [str(together([outcome])) for outcome in failed]
    return body
