"""Prunes volumes on engines of different ages.

Since API 1.42 an engine prunes anonymous volumes only, unless told "all". One that speaks an older
API prunes named ones as well, so there the anonymous ones are picked and removed one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from swarmd.cluster.views.filters import Filters
from swarmd.core.errors import EngineRefused, EngineUnreachable
from swarmd.core.model import Engine
from swarmd.core.names import is_full_id
from swarmd.core.request.version import Version
from swarmd.manager.fleet.answers import listed, message_of, read_answer
from swarmd.manager.fleet.fanout import AT_ONCE, Outcome, ask_engines, gather, together
from swarmd.manager.fleet.fleet import Query
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.prune import PATIENCE, merged

ANONYMOUS_ONLY: Version = (1, 42)
DELETED = "VolumesDeleted"


class VolumePrune:
    """One ``docker volume prune`` over all engines.

    It is asked in version ``asked`` with ``filters``; ``target`` passes it on as it is.
    """

    def __init__(
        self, fleet: FleetView, asked: Version, filters: Filters, target: Callable[[Engine], str]
    ) -> None:
        self._fleet = fleet
        self._asked = asked
        self._all = filters.get("all") in (("true",), ("1",))
        self._filters = {key: values for key, values in filters.items() if key != "all"}
        self._target = target

    async def run(self) -> dict[str, Any]:
        """Raises ApiError if every engine failed."""
        engines = self._fleet.healthy()
        old = [engine for engine in engines if engine.spec.api_max < ANONYMOUS_ONLY <= self._asked]
        modern = [engine for engine in engines if engine not in old]
        outcomes = await self._ask(modern, self._target)
        if self._all:
            outcomes += await self._ask(old, self._prune_of_old)
        else:
            outcomes += await gather(old, AT_ONCE, self._pick)
        for engine in engines:
            self._fleet.state.mark_stale(engine.key, "volumes")
        if outcomes and not any(outcome.ok for outcome in outcomes):
            raise together(outcomes)
        return merged(outcomes, DELETED)

    async def _ask(
        self, engines: Iterable[Engine], target: Callable[[Engine], str]
    ) -> list[Outcome]:
        return await ask_engines(
            self._fleet, engines, "POST", target, timeout=PATIENCE, expect=dict
        )

    def _prune_of_old(self, engine: Engine) -> str:
        """All unused ones is what it prunes anyway, and it does not know the filter "all"."""
        query = _query(self._filters)
        return self._fleet.target(engine, "volumes", "prune", query=query, asked=self._asked)

    async def _pick(self, engine: Engine) -> Outcome:
        """Removes the unused anonymous ones; a name of 64 digits is an engine's invention."""
        wanted = {**self._filters, "dangling": ("true",)}
        try:
            found = await self._fleet.call(
                engine, "GET", "volumes", query=_query(wanted), asked=self._asked
            )
            if found.status >= 400:
                refused = EngineRefused(engine.name, found.status, message_of(found.body))
                return Outcome(engine, found, refused)
            volumes = listed(read_answer(engine.name, found.body, dict).get("Volumes"), dict)
            names = [str(one.get("Name")) for one in volumes]
            gone = [name for name in names if is_full_id(name) and await self._remove(engine, name)]
        except (EngineUnreachable, EngineRefused) as error:
            return Outcome(engine, error=error)
        return Outcome(engine, found, value={DELETED: gone, "SpaceReclaimed": 0})

    async def _remove(self, engine: Engine, name: str) -> bool:
        """One that is taken into use meanwhile stays, as in an engine's own prune."""
        gone = await self._fleet.call(engine, "DELETE", "volumes", name, asked=self._asked)
        return gone.status < 400


def _query(filters: Filters) -> Query:
    lists = {key: list(values) for key, values in filters.items()}
    return [("filters", orjson.dumps(lists).decode())]
