"""``docker system df`` over the fleet: rows side by side, sums added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.core.model import Engine
from swarmd.core.scope import Scope
from swarmd.core.version import Version
from swarmd.manager.fanout import AT_ONCE, Outcome, ask_engines, counted, gather, listed
from swarmd.manager.fleet import Fleet
from swarmd.manager.single_flight import SingleFlight

MEASURING = 120.0  # seconds: an engine walks the files of all images, containers and volumes
# Older engines know no types, and refuse a second question while they answer the first.
TYPES_SINCE: Version = (1, 42)

FIELDS = {
    "image": ("LayersSize", "Images"),
    "container": ("Containers",),
    "volume": ("Volumes",),
    "build-cache": ("BuildCache", "BuilderSize"),
}
_SUMS = ("LayersSize", "BuilderSize")

Target = Callable[[Engine], bytes]
Row = dict[str, Any]


class DiskUsage:
    """Asks each engine once at a time, however many clients want to know."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._flights: SingleFlight[tuple[str, bytes], Outcome] = SingleFlight()

    async def measure(self, engines: Iterable[Engine], target: Target) -> list[Outcome]:
        """What each engine answered to ``target``."""

        async def ask(engine: Engine) -> Outcome:
            return await self._flights.ask(
                (engine.key, target(engine)), lambda: self._ask(engine, target)
            )

        return await gather(list(engines), AT_ONCE, ask)

    async def _ask(self, engine: Engine, target: Target) -> Outcome:
        [outcome] = await ask_engines(
            self._fleet,
            [engine],
            "GET",
            lambda engine: target(engine).decode(),
            timeout=MEASURING,
            expect=dict,
        )
        return outcome


def merged(
    outcomes: Sequence[Outcome], types: Collection[str], scope: Scope | None = None
) -> dict[str, Any]:
    """One answer out of all; only the fields of ``types``, all if there are none.

    Within a scope only its own rows; the sums are those of its images.
    """
    wanted = {field for kind in types or FIELDS for field in FIELDS.get(kind, ())}
    parts: list[tuple[Engine, Row]] = [(one.engine, one.value) for one in outcomes if one.ok]
    body: dict[str, Any] = {}
    for engine, part in parts:
        for field in wanted & part.keys():
            if field in _SUMS:
                body[field] = body.get(field, 0) + counted(part[field])
            else:
                body.setdefault(field, []).extend(
                    (engine, row) for row in listed(part[field], dict)
                )
    if scope is not None:
        body = _within(scope, body)
    return {field: _shown(field, value) for field, value in body.items()}


def _within(scope: Scope, body: Mapping[str, Any]) -> dict[str, Any]:
    """Build caches have no labels: they are nobody's."""
    own: dict[str, Any] = {
        field: [(e, row) for e, row in rows if scope.owns(_labels(row))]
        for field, rows in body.items()
        if field not in _SUMS
    }
    if "LayersSize" in body:
        own["LayersSize"] = sum(counted(row.get("Size")) for _, row in own.get("Images", ()))
    return own


def _labels(row: Row) -> Mapping[str, str]:
    labels = row.get("Labels")
    return labels if isinstance(labels, dict) else {}


def _shown(field: str, value: Any) -> Any:
    if field in _SUMS:
        return value
    if field == "Containers":
        return [_with_both_names(row, engine) for engine, row in value]
    if field == "Volumes":
        seen = Counter(str(row.get("Name")) for _, row in value)
        return [_told_apart(row, engine, seen) for engine, row in value]
    return [row for _, row in value]


def _with_both_names(row: Row, engine: Engine) -> Row:
    """As in every list of containers."""
    names = listed(row.get("Names"), str)
    both = [*names, *(f"/{engine.name}{name}" for name in names)]
    if (settings := row.get("NetworkSettings")) is not None:
        known = orjson.loads(with_kept_ids(orjson.dumps(settings), engine))
        row = {**row, "NetworkSettings": known}
    return {**row, "Names": both}


def _told_apart(row: Row, engine: Engine, seen: Mapping[str, int]) -> Row:
    """A name that several nodes have is shown with its node."""
    name = str(row.get("Name"))
    return {**row, "Name": f"{engine.name}/{name}" if seen[name] > 1 else name}
