"""The rows of the container list: one a container, in order, its end kept for as long as it holds.

``State`` and ``Status`` at the end are all that changes in a row from one moment to the next. Each
row is found by walking the order, never by a look-up: of 50,000 containers, looking up each was
half of what a list took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from swarmd.cluster.age_order import AgeOrder
from swarmd.core.container.container_state import Container
from swarmd.core.container.list_item import ending, with_health
from swarmd.core.container.status import lasts, status_text
from swarmd.core.model import Engine


class Row:
    """A row of ``docker ps``, kept as bytes.

    Attributes:
        container: As it is known now.
        end: State and Status, a comma behind them; "" until somebody asks.
        until: On our clock, in seconds; then the end has to be made anew.
    """

    __slots__ = ("container", "end", "until")

    def __init__(self, container: Container) -> None:
        self.container = container
        self.end = b""
        self.until = 0.0

    def renew(self, offset: float, now: float) -> None:
        """``offset`` is our clock minus the engine's, in seconds."""
        clock = now - offset
        self.end = ending(self.container.state, status_text(self.container, clock))
        self.until = now + lasts(self.container, clock)


class Rows:
    """All rows of ``docker ps``, by ID and newest first."""

    def __init__(self) -> None:
        self._by_id: dict[str, Row] = {}
        self._order: AgeOrder[Row] = AgeOrder()

    def put(self, engine: Engine, container: Container) -> None:
        row, offset = self._by_id.get(container.id), engine.spec.clock_offset
        if row is None:
            row = self._by_id[container.id] = Row(container)
            self._order.add(row, container.created + offset)
            return
        old, row.container, row.until = row.container, container, 0.0
        if old.created != container.created:
            self._order.remove(row, old.created + offset)
            self._order.add(row, container.created + offset)

    def drop(self, engine: Engine, container: Container) -> None:
        row = self._by_id.pop(container.id)
        self._order.remove(row, container.created + engine.spec.clock_offset)

    def reorder(self) -> None:
        """A clock was found to be off."""
        self._order.spoil()
        for row in self._by_id.values():
            row.until = 0.0

    def newest_first(self, engines: Mapping[str, Engine]) -> Sequence[Row]:
        """In the order of a list; engines' clocks are made comparable."""
        offsets = offsets_of(engines)
        return self._order.newest_first(
            lambda: (
                (row, row.container.created + offsets[row.container.engine])
                for row in self._by_id.values()
            )
        )

    def of(self, container_ids: Iterable[str]) -> list[Row]:
        return [self._by_id[one] for one in container_ids]


def offsets_of(engines: Mapping[str, Engine]) -> dict[str, float]:
    """Our clock minus each engine's, in seconds, by its key."""
    return {key: engine.spec.clock_offset for key, engine in engines.items()}


def pieces(
    rows: Iterable[Row],
    shown: Iterable[Container],
    offsets: Mapping[str, float],
    now: float,
    health: bool = False,
) -> list[bytes]:
    """Two for each row, its entry and its end.

    Args:
        shown: The rows' containers as they were when it was decided what to show.
        now: That moment, on our clock.
        health: Whether the end tells that, too.
    """
    made: list[bytes] = []
    for row, container in zip(rows, shown, strict=True):
        if row.until <= now or row.container is not container:
            row = row if row.container is container else Row(container)
            row.renew(offsets[container.engine], now)
        end = with_health(row.end, container.health, container.failing) if health else row.end
        made += (container.entry, end)
    return made
