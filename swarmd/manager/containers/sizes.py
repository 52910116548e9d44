"""``docker ps -s``: sizes are measured while the client waits, by the engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from swarmd.core.model import Engine
from swarmd.manager.fleet.fanout import ask_engines
from swarmd.manager.interfaces import FleetView

MEASURING = 60.0  # seconds: an engine walks every container's files


async def with_sizes(fleet: FleetView, chunks: Sequence[bytes]) -> bytes:
    """The list with ``SizeRw`` and ``SizeRootFs``; without them where an engine did not answer."""
    entries: list[dict[str, Any]] = orjson.loads(b"".join(chunks))
    owners = {fleet.state.containers[entry["Id"]].engine for entry in entries}
    engines = [engine for engine in fleet.healthy() if engine.key in owners]

    def target(engine: Engine) -> str:
        return fleet.target(engine, "containers", "json", query=[("all", "1"), ("size", "1")])

    sizes: dict[str, dict[str, int]] = {}
    outcomes = await ask_engines(fleet, engines, "GET", target, timeout=MEASURING, expect=list)
    for outcome in outcomes:
        for item in outcome.value or ():
            if str(item.get("Id")) in outcome.engine.containers:
                measured = {key: item[key] for key in ("SizeRw", "SizeRootFs") if key in item}
                sizes[item["Id"]] = measured
    return orjson.dumps([{**entry, **sizes.get(entry["Id"], {})} for entry in entries]) + b"\n"
