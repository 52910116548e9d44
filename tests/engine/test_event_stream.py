from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.event import Event, read_event
from swarmd.engine.event_stream import Position
from tests.engine import scripted


def read(record: dict[str, Any]) -> Event:
    event = read_event(record)
    assert event is not None
    return event


def event(*args: Any, **more: Any) -> Event:
    return read(scripted.event(*args, **more))


def test_without_an_event_it_begins_at_the_engines_time() -> None:
    assert Position().since(1700000000.25) == "1700000000.250000000"


def test_then_it_begins_at_the_last_event() -> None:
    position = Position()
    position.passes(event("start", "a", nano=1_699_999_999_000_000_042))
    position.passes(event("start", "a", nano=1_699_999_998_000_000_000))
    assert position.since(1700000000.0) == "1699999999.000000042"


def test_but_never_in_the_future() -> None:
    position = Position()
    position.passes(event("start", "a", nano=1_800_000_000_000_000_000))
    assert position.since(1700000000.0) == "1700000000.000000000"
    assert position.passes(event("start", "a", nano=1_800_000_000_000_000_000))


def test_what_was_seen_in_the_last_moment_does_not_pass_again() -> None:
    position = Position()
    records = [
        event("die", "a", nano=5),
        event("die", "b", nano=5),
        event("stop", "a", nano=5),
        event("die", "a", nano=5, kind="network"),
        event("die", "a", nano=6),
    ]
    assert all(position.passes(record) for record in records)
    assert not position.passes(records[-1])
    assert position.passes(event("die", "c", nano=6))
    position.reset()
    assert position.passes(records[-1])


@pytest.mark.parametrize("record", [{}, {"timeNano": None}])
def test_what_has_no_time_passes(record: dict[str, object]) -> None:
    position, seen = Position(), read({"Action": "die", **record})
    assert position.passes(seen) and position.passes(seen)
