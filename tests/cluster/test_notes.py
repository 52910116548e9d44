from __future__ import annotations

from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.notes import Notes


def test_each_source_has_its_latest_words() -> None:
    notes, engine = Notes(), EngineRecord("k", "k")
    notes.put(engine, "volumes", ["a", "b"])
    notes.put(engine, "labels", ["c"])
    notes.put(engine, "volumes", ["d"])
    assert engine.warnings == ("d", "c")
    notes.drop(engine)
    assert engine.warnings == ()
    notes.drop(engine)


def test_nobody_can_fill_the_memory_with_warnings() -> None:
    notes, engine = Notes(), EngineRecord("k", "k")
    notes.put(engine, "volumes", [str(number) for number in range(1000)])
    assert len(engine.warnings) == 10
