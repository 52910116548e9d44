"""Events of the past: the engines are asked for theirs, and the answers merged with our own."""

from __future__ import annotations

import orjson

from swarmd.codec.json_stream import JsonLines
from swarmd.core.event import read_event
from swarmd.core.model import Engine
from swarmd.manager.fleet.event_hub import FleetEvent, is_own_affair
from swarmd.manager.fleet.fanout import Outcome, ask_engines
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.event_query import NANOS

LINE_LIMIT = 4 << 20  # bytes of one event


async def past_events(fleet: FleetView, since: int, until: int) -> list[FleetEvent]:
    """What swarmd and all healthy engines remember, in the order of time.

    From ``since`` to ``until``, in nanoseconds. An engine remembers its last 256 events and
    forgets them when it restarts.
    """

    def target(engine: Engine) -> str:
        offset = int(engine.spec.clock_offset * NANOS)
        window = [("since", _stamp(since - offset)), ("until", _stamp(until - offset))]
        return fleet.target(engine, "events", query=window)

    outcomes = await ask_engines(fleet, fleet.healthy(), "GET", target)
    events = [event for outcome in outcomes if outcome.ok for event in _decoded(fleet, outcome)]
    events += fleet.hub.past(since, until)
    return sorted(events, key=lambda event: event.moment)


def _decoded(fleet: FleetView, outcome: Outcome) -> list[FleetEvent]:
    assert outcome.answer is not None
    try:
        lines = JsonLines(LINE_LIMIT).feed(outcome.answer.body)
        records = [orjson.loads(line) for line in lines]
    except ValueError:
        return []  # this engine's past cannot be read; that of the others can
    key = outcome.engine.key
    state = fleet.state
    read = (one for one in records if read_event(one) and not is_own_affair(state, key, one))
    described = (fleet.hub.describe(key, record) for record in read)
    return [event for event in described if fleet.hub.sees(event)]


def _stamp(nanos: int) -> str:
    """``SECONDS.NNNNNNNNN``, the one form that engines take."""
    nanos = max(0, nanos)
    return f"{nanos // NANOS}.{nanos % NANOS:09d}"
