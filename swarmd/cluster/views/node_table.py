"""The table of nodes in ``docker info``: ten rows each, kept for as long as they stay the same.

Of a thousand nodes, to make all rows anew took two thirds of the whole answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from swarmd.core.container.resources import ONE_CPU
from swarmd.core.model import Engine
from swarmd.core.units import show_size

Row = tuple[str, str]
_SPARE = 256  # kept rows of nodes that are gone, before all are forgotten


class NodeTable:
    """The table of nodes in ``docker info``, kept.

    By node: what its rows were made from, and the rows.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], list[Row]]] = {}

    def rows(self, engines: Sequence[Engine], overcommit: float) -> list[Row]:
        if len(self._kept) > len(engines) + _SPARE:
            self._kept.clear()
        rows: list[Row] = []
        for engine in engines:
            rows += self._steady(engine, overcommit)
            rows.append(("  └ UpdatedAt", _moment(int(engine.updated))))
            rows.append(("  └ ServerVersion", engine.spec.version))
        return rows

    def _steady(self, engine: Engine, overcommit: float) -> list[Row]:
        source = _source(engine, overcommit)
        kept = self._kept.get(engine.key)
        if kept is None or kept[0] != source:
            kept = self._kept[engine.key] = (source, _steady(engine, overcommit))
        return kept[1]


def _source(engine: Engine, overcommit: float) -> tuple[Any, ...]:
    """All that the rows say; of values that are never changed but replaced."""
    tally = engine.tally
    return (
        *(engine.name, engine.address, engine.given_name, engine.spec, engine.labels),
        *(engine.health, engine.cordoned, engine.error, overcommit, len(engine.containers)),
        *(tally.running, tally.paused, tally.cpus, tally.memory),
    )


def _steady(engine: Engine, overcommit: float) -> list[Row]:
    """All rows but the last two."""
    spec, tally = engine.spec, engine.tally
    cpus = with_overcommit(spec.cpus, overcommit)
    memory = with_overcommit(spec.memory, overcommit)
    known = engine.validated or engine.given_name
    rows = [
        (f" {engine.name if known else '(unknown)'}", engine.address),
        ("  └ ID", spec.id),
        ("  └ Status", engine.health.value + (" (cordoned)" if engine.cordoned else "")),
        ("  └ Containers", _containers(engine)),
        ("  └ Reserved CPUs", f"{tally.cpus / ONE_CPU:g} / {cpus}"),
        ("  └ Reserved Memory", f"{show_size(tally.memory)} / {show_size(memory)}"),
        ("  └ Labels", ", ".join(sorted(f"{key}={text}" for key, text in engine.labels.items()))),
    ]
    if engine.error:
        rows.append(("  └ Error", engine.error))
    return rows


def with_overcommit(amount: int, overcommit: float) -> int:
    """Classic Swarm's arithmetic, in whole percent: 2 CPUs with 5 % stay 2, memory grows by 5 %."""
    return amount + amount * int(overcommit * 100 + 1e-9) // 100


def _containers(engine: Engine) -> str:
    total, tally = len(engine.containers), engine.tally
    if not engine.healthy:
        return str(total)
    stopped = total - tally.running - tally.paused
    return f"{total} ({tally.running} Running, {tally.paused} Paused, {stopped} Stopped)"


@lru_cache(maxsize=16_384)
def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
