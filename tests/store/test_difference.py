"""What changed between two looks."""

from __future__ import annotations

from swarmd.store.difference import difference
from swarmd.store.interfaces import Change, KeyValue


def test_what_went_what_came_and_what_was_written() -> None:
    stays, written, new = (KeyValue("a", b"1", 3), KeyValue("b", b"1", 7), KeyValue("c", b"1", 8))
    assert difference({"a": 3, "b": 4, "gone": 1}, [stays, written, new]) == [
        Change("gone", None),
        Change("b", written),
        Change("c", new),
    ]
    assert difference({"a": 3}, [stays]) == []
