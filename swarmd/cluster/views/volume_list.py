"""``docker volume ls``: volumes of each engine, those of global drivers once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

import orjson

from swarmd.cluster.interfaces import StateView
from swarmd.cluster.lookup import volume_identity
from swarmd.cluster.views.filters import VolumeQuery, flag, label_test, on_node, text_tests
from swarmd.core.container.list_item import separated
from swarmd.core.model import Engine, Volume
from swarmd.core.names import natural

EngineVolume = tuple[Volume, Engine]
Test = Callable[[Volume, Engine], bool]


def volume_list(state: StateView, query: VolumeQuery) -> Iterator[bytes]:
    """Chunks of the answer's JSON object; nodes whose volumes are not known are warned about.

    What is shown is decided here and now; only the encoding is left for later.
    """
    unique = _unique(state)
    names = Counter(volume.name for volume, _ in unique)
    tests = _tests(state, query)
    shown = [
        (volume, engine) for volume, engine in unique if all(test(volume, engine) for test in tests)
    ]
    warnings = orjson.dumps(missing_nodes(state) or None)
    rows = (_row(volume, engine, shared=names[volume.name] > 1) for volume, engine in shown)
    return chain((b'{"Volumes":[',), separated(rows), (b'],"Warnings":', warnings, b"}\n"))


def missing_nodes(state: StateView) -> list[str]:
    """A sentence for each engine of which a list shows nothing, or what was known before."""
    return [
        f"node {engine.name} is {engine.health.value.lower()}: {engine.error or 'not synced yet'}"
        for engine in state.engines.values()
        if not engine.healthy
    ]


def _unique(state: StateView) -> list[EngineVolume]:
    engines = sorted(state.engines.values(), key=lambda engine: natural(engine.name))
    found: dict[str, EngineVolume] = {}
    for engine in engines:
        for volume in engine.volumes.values():
            found.setdefault(volume_identity(volume, engine), (volume, engine))
    return sorted(found.values(), key=lambda held: held[0].name)


def _row(volume: Volume, engine: Engine, *, shared: bool) -> bytes:
    if not shared:
        return volume.entry
    return orjson.dumps({**orjson.loads(volume.entry), "Name": f"{engine.name}/{volume.name}"})


def _tests(state: StateView, query: VolumeQuery) -> list[Test]:
    filters = query.filters
    has_labels = label_test(filters.get("label", ()))
    tests: list[Test] = [
        lambda volume, engine: has_labels(volume.labels),
        lambda volume, engine: on_node(filters.get("node", ()), engine),
    ]
    if "driver" in filters:
        tests.append(lambda volume, engine: volume.driver in filters["driver"])
    if "name" in filters:
        fits = text_tests(filters["name"])
        tests.append(lambda volume, engine: any(fit(volume.name) for fit in fits))
    dangling = flag(filters, "dangling")
    if dangling is not None:
        tests.append(lambda volume, engine: (not _is_used(state, volume, engine)) == dangling)
    return tests


def _is_used(state: StateView, volume: Volume, engine: Engine) -> bool:
    if volume.scope == "local":
        return is_mounted(volume, engine)
    return bool(using(state, volume))


def using(state: StateView, volume: Volume) -> list[Engine]:
    """The engines on which a container has a volume that all of them know."""
    return [engine for engine in state.engines.values() if is_mounted(volume, engine)]


def is_mounted(volume: Volume, engine: Engine) -> bool:
    """Whether a container of ``engine``, in whatever state, has the volume."""
    return volume.name in engine.tally.volumes
