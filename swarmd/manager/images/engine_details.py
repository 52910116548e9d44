"""Details of images that only engines know: manifests, identities, shared bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarmd.core.model import Engine
from swarmd.manager.fleet.fanout import Outcome, ask_engines
from swarmd.manager.interfaces import FleetView

# Seconds. A containerd store with many images walks all of their content for it.
DETAILS_TIMEOUT = 30.0


async def list_details(
    fleet: FleetView, target: Callable[[Engine], str]
) -> tuple[dict[tuple[str, str], dict[str, Any]], list[Outcome]]:
    """What each healthy engine lists at ``target``: by its key and the image's ID; and how."""
    outcomes = await ask_engines(
        fleet, fleet.healthy(), "GET", target, timeout=DETAILS_TIMEOUT, expect=list
    )
    details = {
        (outcome.engine.key, str(item.get("Id"))): item
        for outcome in outcomes
        for item in outcome.value or ()
    }
    return details, outcomes
