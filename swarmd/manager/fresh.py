"""Read your writes: what may be out of date is asked again before it is shown.

A change that an engine has acknowledged only marks things dirty, so it costs nothing extra; the
next read refreshes just those, one call an engine, and never waits long for a slow engine.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from swarmd.core.model import Engine
from swarmd.manager.fleet import Fleet

# A read is held up at most this long by an engine; then it shows what was known.
PATIENCE = 2.0


def unsettled(fleet: Fleet) -> list[Engine]:
    """Healthy engines with containers that may have changed."""
    return [engine for engine in fleet.state.engines.values() if engine.dirty and engine.healthy]


async def settle_containers(fleet: Fleet, engines: Iterable[Engine]) -> None:
    """Refreshes the dirty containers of ``engines``, all engines at once."""
    await _together(
        fleet.tracker(engine).refresh(frozenset(engine.dirty), timeout=PATIENCE)
        for engine in engines
    )


async def settle_lists(fleet: Fleet, what: str) -> None:
    """Lists ``images``, ``networks`` or ``volumes`` again where they may have changed."""
    await _together(
        fleet.tracker(engine).refresh_lists({what}, timeout=PATIENCE)
        for engine in fleet.healthy()
        if what in engine.stale
    )


async def _together(waits: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Failures are the trackers' business: they keep what was known and flag the engine."""
    started = [Deferred.fromCoroutine(wait) for wait in waits]
    if started:
        await DeferredList(started, consumeErrors=True)
