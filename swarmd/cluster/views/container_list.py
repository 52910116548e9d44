"""``docker ps``: the list of containers as bytes, made from ready entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter

from swarmd.cluster.images.holders import outdated_tags
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.kept_ids import moved_ids
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.views.filters import ListQuery
from swarmd.cluster.views.rows import Row, offsets_of, pieces
from swarmd.cluster.views.select import select
from swarmd.core.container.container_state import Container
from swarmd.core.container.list_item import ending, plain_names, with_health, with_image
from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.model import Engine
from swarmd.core.request.version import Version

SLICE = 512  # entries a chunk, about 400 KiB
BYTES = 1 << 20  # of a chunk: labels make an entry megabytes
LOST = "Host Down"
HEALTH_SINCE: Version = (1, 52)


def container_chunks(
    state: StateView, query: ListQuery, now: float, version: Version, *, plain: bool = False
) -> Iterator[bytes]:
    """Chunks of a JSON array, newest first, with Status as of ``now`` (wall-clock seconds).

    They come one by one, for whoever must not hold up the reactor.

    What is shown is decided here and now; only the encoding is left for later.

    Args:
        plain: Each name once, without the form that says the node.
    """
    rows = select(state, query)
    engines = state.engines.values()
    lost = frozenset(engine.key for engine in engines if not engine.healthy)
    ports = state.catalogue.ports
    moved = {engine.key: engine for engine in engines if engine.kept_ids}
    shown = [row.container for row in rows]
    outdated = outdated_tags(state)
    health, offsets = version >= HEALTH_SINCE, offsets_of(state.engines)
    return _encoded(
        _Shown(tuple(rows), shown, offsets, lost, moved, outdated, now, health, plain, ports)
    )


def _encoded(shown: _Shown) -> Iterator[bytes]:
    yield b"["
    everything = len(shown.rows)
    for begin in range(0, everything, SLICE):
        for start, stop in _parts(shown.containers, begin, min(begin + SLICE, everything)):
            made = shown.pieces(start, stop)
            if stop == everything:
                made[-1] = made[-1][:-1]  # the last comma
            yield b"".join(made)
    yield b"]\n"


def _parts(containers: Sequence[Container], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows, halved until each has at most BYTES, or is one row."""
    sizes = map(len, map(_entry, containers[start:stop]))
    if stop - start < 2 or sum(sizes) <= BYTES:
        yield start, stop
        return
    middle = (start + stop) // 2
    yield from _parts(containers, start, middle)
    yield from _parts(containers, middle, stop)


_entry = attrgetter("entry")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a list shows, as of the moment ``now``.

    Attributes:
        offsets: Our clock minus each engine's, by its key.
        lost: Engines of which nobody knows how their containers are doing.
        moved: Engines with networks that clients know by another ID.
        outdated: Images' names that mean something else by now, with the keys of engines.
        health: Whether each row says how its container is doing.
        plain: Whether names are only plain.
        ports: Where published ports answer, if swarmd publishes them.
    """

    rows: Sequence[Row]
    containers: Sequence[Container]
    offsets: Mapping[str, float]
    lost: frozenset[str]
    moved: Mapping[str, Engine]
    outdated: Set[tuple[str, str]]
    now: float
    health: bool
    plain: bool
    ports: ShownPorts | None

    def pieces(self, start: int, stop: int) -> list[bytes]:
        """Of one slice, two for each row."""
        part = slice(start, stop)
        rows, containers = self.rows[part], self.containers[part]
        made = pieces(rows, containers, self.offsets, self.now, self.health)
        if self.ports is not None:
            made[::2] = map(self.ports.entry, containers)
        if self.lost or self.moved or self.outdated:
            self._mend(made, containers)
        if self.plain:
            made[::2] = map(plain_names, made[::2])
        return made

    def _mend(self, made: list[bytes], containers: Sequence[Container]) -> None:
        for place, one in enumerate(containers):
            if one.engine in self.moved:
                made[2 * place] = moved_ids(made[2 * place], self.moved[one.engine])
            if self.outdated and (one.engine, familiar_if_valid(one.image)) in self.outdated:
                made[2 * place] = with_image(made[2 * place], one.image_id)
            if one.engine in self.lost:
                end = ending(one.state, LOST)
                made[2 * place + 1] = with_health(end, "none", 0) if self.health else end
