"""``docker ps``: the list of containers as bytes, made from ready entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from swarmd.cluster.filters import ListQuery
from swarmd.cluster.image_view import image_list as image_list
from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.cluster.network_view import network_list as network_list
from swarmd.cluster.select import select
from swarmd.cluster.state import State
from swarmd.cluster.volume_view import volume_list as volume_list
from swarmd.core.listing import ending
from swarmd.core.model import Container, Engine

SLICE = 512  # entries a chunk, about 400 KiB
LOST = "Host Down"


def container_list(state: State, query: ListQuery, now: float) -> list[bytes]:
    """Chunks of a JSON array, newest first, with Status as of ``now`` (wall-clock seconds)."""
    return list(container_chunks(state, query, now))


def container_chunks(state: State, query: ListQuery, now: float) -> Iterator[bytes]:
    """The same one by one, for whoever must not hold up the reactor.

    What is shown is decided here and now; only the encoding is left for later.
    """
    chosen = select(state, query)
    engines = state.engines.values()
    offsets = {engine.key: engine.spec.clock_offset for engine in engines}
    lost = frozenset(engine.key for engine in engines if not engine.healthy)
    moved = {engine.key: engine for engine in engines if engine.kept_ids}
    state.endings.tidy(len(state.containers))
    return _encoded(_Encoder(state, offsets, lost, moved, now), chosen)


def _encoded(encoder: _Encoder, chosen: Sequence[Container]) -> Iterator[bytes]:
    yield b"["
    for start in range(0, len(chosen), SLICE):
        pieces = encoder.pieces(chosen[start : start + SLICE])
        if start + SLICE >= len(chosen):
            pieces[-1] = pieces[-1][:-1]  # the last comma
        yield b"".join(pieces)
    yield b"]\n"


@dataclass(frozen=True, slots=True)
class _Encoder:
    """Attributes:
    offsets: Our clock minus each engine's, by its key.
    lost: Engines of which nobody knows how their containers are doing.
    moved: Engines with networks that clients know by another ID.
    """

    state: State
    offsets: Mapping[str, float]
    lost: frozenset[str]
    moved: Mapping[str, Engine]
    now: float

    def pieces(self, part: Sequence[Container]) -> list[bytes]:
        """Of these containers, a comma behind each."""
        plain = not (self.lost or self.moved)
        if plain or all(c.engine not in self.lost and c.engine not in self.moved for c in part):
            return self.state.endings.entries(part, self.offsets, self.now)
        return [piece for one in part for piece in self._odd(one)]

    def _odd(self, one: Container) -> Sequence[bytes]:
        if one.engine in self.lost:
            entry = [one.entry, ending(one.state, LOST)]
        else:
            entry = self.state.endings.entries((one,), self.offsets, self.now)
        engine = self.moved.get(one.engine)
        return entry if engine is None else (with_kept_ids(b"".join(entry), engine),)
