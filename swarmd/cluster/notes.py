"""Notes on an engine: what could not be learnt of it, in words, from several sources."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.cluster.engine_record import EngineRecord

_LONGEST = 10


class Notes:
    """The words in ``Engine.warnings``: the latest of each source, in order of first mention."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, tuple[str, ...]]] = {}

    def put(self, engine: EngineRecord, source: str, texts: Sequence[str]) -> None:
        notes = self._texts.setdefault(engine.key, {})
        notes[source] = tuple(texts[:_LONGEST])
        engine.warnings = tuple(text for part in notes.values() for text in part)

    def drop(self, engine: EngineRecord) -> None:
        self._texts.pop(engine.key, None)
        engine.warnings = ()
