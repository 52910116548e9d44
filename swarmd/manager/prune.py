"""Prune: every engine cleans up its own, and the answers become one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarmd.core.model import Engine
from swarmd.manager.fanout import Outcome, ask_engines, together
from swarmd.manager.fleet import Fleet

PATIENCE = 300.0  # seconds: an engine may have much to delete


async def prune(fleet: Fleet, target: Callable[[Engine], str], deleted: str) -> dict[str, Any]:
    """Asks all healthy engines.

    Args:
        deleted: The field that lists what was deleted, "ContainersDeleted".

    Raises:
        ApiError: Every engine failed, with the words of each.
    """
    outcomes = await ask_engines(fleet, fleet.healthy(), "POST", target, timeout=PATIENCE)
    if outcomes and not any(outcome.ok for outcome in outcomes):
        raise together(outcomes)
    return merged(outcomes, deleted)


def merged(outcomes: list[Outcome], deleted: str) -> dict[str, Any]:
    """The union of what was deleted and the sum of what it freed; failures as warnings."""
    answers = [outcome.json() for outcome in outcomes if outcome.ok]
    records = [answer for answer in answers if isinstance(answer, dict)]
    body: dict[str, Any] = {
        deleted: [item for record in records for item in record.get(deleted) or ()] or None,
        "SpaceReclaimed": sum(int(record.get("SpaceReclaimed") or 0) for record in records),
    }
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if failed:
        body["Warnings"] = [str(together([outcome])) for outcome in failed]
    return body
