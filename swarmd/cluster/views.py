"""``docker ps``: the list of containers as bytes, made from ready entries."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.cluster.filters import ListQuery
from swarmd.cluster.image_view import image_list as image_list
from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.cluster.network_view import network_list as network_list
from swarmd.cluster.select import select
from swarmd.cluster.state import State
from swarmd.cluster.volume_view import volume_list as volume_list
from swarmd.core.listing import whole_entry, with_status
from swarmd.core.model import Container, Engine

SLICE = 256  # entries a chunk, about 200 KiB
LOST = "Host Down"

# By the engine's key: the engine, and the present moment on its clock, None if it is lost.
Sources = dict[str, tuple[Engine, float | None]]


def container_list(state: State, query: ListQuery, now: float) -> list[bytes]:
    """Chunks of a JSON array, newest first, with Status as of ``now`` (wall-clock seconds)."""
    return list(container_chunks(state, query, now))


def container_chunks(state: State, query: ListQuery, now: float) -> Iterator[bytes]:
    """The same one by one, for whoever must not hold up the reactor.

    What is shown is decided here and now; only the encoding is left for later.
    """
    chosen = select(state, query)
    sources = {
        engine.key: (engine, now - engine.spec.clock_offset if engine.healthy else None)
        for engine in state.engines.values()
    }
    return _encoded(chosen, sources)


def _encoded(chosen: list[Container], sources: Sources) -> Iterator[bytes]:
    yield b"["
    for start in range(0, len(chosen), SLICE):
        part = (_entry(one, *sources[one.engine]) for one in chosen[start : start + SLICE])
        yield (b"," if start else b"") + b",".join(part)
    yield b"]\n"


def _entry(container: Container, engine: Engine, clock: float | None) -> bytes:
    """``clock`` is None where nobody knows how the container is doing."""
    entry = with_status(container, LOST) if clock is None else whole_entry(container, clock)
    return with_kept_ids(entry, engine) if engine.kept_ids else entry
