"""``docker system df`` over the fleet: rows side by side, sums added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.core.model import Engine
from swarmd.core.request.scope import Scope
from swarmd.core.request.version import Version
from swarmd.manager.fleet.answers import counted, listed
from swarmd.manager.fleet.fanout import AT_ONCE, Outcome, ask_engines, gather
from swarmd.manager.fleet.single_flight import SingleFlight
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.disk_totals import ITEMS, TOTALS, added, counted_up

MEASURING = 120.0  # seconds: an engine walks the files of all images, containers and volumes
# Older engines know no types, and refuse a second question while they answer the first.
TYPES_SINCE: Version = (1, 42)

FIELDS = {
    "image": ("LayersSize", "Images", "ImageUsage"),
    "container": ("Containers", "ContainerUsage"),
    "volume": ("Volumes", "VolumeUsage"),
    "build-cache": ("BuildCache", "BuilderSize", "BuildCacheUsage"),
}
_SUMS = ("LayersSize", "BuilderSize")

Target = Callable[[Engine], bytes]
Row = dict[str, Any]
Part = tuple[Engine, Row]


class DiskUsage:
    """The ``docker system df`` of the fleet.

    Asks each engine once at a time, however many clients want to know.
    """

    def __init__(self, fleet: FleetView) -> None:
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
    outcomes: Sequence[Outcome],
    types: Collection[str],
    scope: Scope | None = None,
    verbose: bool = True,
) -> dict[str, Any]:
    """One answer out of all; only the fields of ``types``, all if there are none.

    Args:
        scope: Of what is not its own, nothing is shown or summed up.
        verbose: Whether totals come with what they are the totals of, if engines tell that.
    """
    wanted = [field for kind in types or FIELDS for field in FIELDS.get(kind, ())]
    parts: list[Part] = [(one.engine, one.value) for one in outcomes if one.ok]
    given = set[str]().union(*(part.keys() for _, part in parts))
    return {
        field: _field(field, parts, scope, verbose=verbose) for field in wanted if field in given
    }


def _field(field: str, parts: Sequence[Part], scope: Scope | None, *, verbose: bool) -> Any:
    if field in TOTALS:
        return _totals(field, parts, scope, verbose=verbose)
    if field == "LayersSize" and scope is not None:
        return sum(counted(row.get("Size")) for _, row in _rows("Images", parts, scope))
    if field in _SUMS:
        return sum(counted(part.get(field)) for _, part in parts)
    return _shown(field, _rows(field, parts, scope))


def _totals(
    field: str, parts: Sequence[Part], scope: Scope | None, *, verbose: bool
) -> dict[str, Any]:
    """Engines sum up all that they have; of a scope only the rows tell."""
    own: list[Part] = [(engine, _object(part.get(field))) for engine, part in parts]
    listed_as = TOTALS[field].rows
    rows = _rows(ITEMS, own, scope)
    if scope is None:
        totals: dict[str, Any] = added([part for _, part in own])
    else:
        totals = counted_up(field, [row for _, row in rows or _rows(listed_as, parts, scope)])
    return {**totals, ITEMS: _shown(listed_as, rows)} if rows and verbose else totals


def _object(value: Any) -> Row:
    return value if isinstance(value, dict) else {}


def _rows(field: str, parts: Sequence[Part], scope: Scope | None) -> list[Part]:
    """What all engines list there; build caches have no labels: they are nobody's."""
    return [
        (engine, row)
        for engine, part in parts
        for row in listed(part.get(field), dict)
        if scope is None or scope.owns(_object(row.get("Labels")))
    ]


def _shown(field: str, rows: Sequence[Part]) -> list[Row]:
    if field == "Containers":
        return [_with_both_names(row, engine) for engine, row in rows]
    if field == "Volumes":
        seen = Counter(str(row.get("Name")) for _, row in rows)
        return [_qualified(row, engine, seen) for engine, row in rows]
    return [row for _, row in rows]


def _with_both_names(row: Row, engine: Engine) -> Row:
    """As in every list of containers."""
    names = listed(row.get("Names"), str)
    both = [*names, *(f"/{engine.name}{name}" for name in names)]
    if (settings := row.get("NetworkSettings")) is not None:
        known = orjson.loads(with_kept_ids(orjson.dumps(settings), engine))
        row = {**row, "NetworkSettings": known}
    return {**row, "Names": both}


def _qualified(row: Row, engine: Engine, seen: Mapping[str, int]) -> Row:
    """A name that several nodes have is shown with its node."""
    name = str(row.get("Name"))
    return {**row, "Name": f"{engine.name}/{name}" if seen[name] > 1 else name}
