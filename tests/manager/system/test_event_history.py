import orjson

from swarmd.core.names import PLACEHOLDER
from swarmd.manager.system.event_history import past_events
from swarmd.manager.system.event_query import NANOS
from tests.manager.rig import Rig, result_of


def record(time: int) -> bytes:
    return orjson.dumps({"Type": "image", "Action": "pull", "timeNano": time}) + b"\n"


def test_the_past_of_all_engines_in_the_order_of_time() -> None:
    rig = Rig(3)
    rig.wire(1).on("GET", "/events", (200, record(10) + record(40)))
    rig.wire(2).on("GET", "/events", (200, record(20)))
    events = result_of(past_events(rig.fleet, 5 * NANOS, 7 * NANOS + 5))
    assert [event.time for event in events] == [10, 20, 40]
    assert events[1].record["Actor"]["Attributes"]["node.name"] == "node-2"
    ((_, target),) = rig.wire(1).asked
    assert target == "/v1.41/events?since=5.000000000&until=7.000000005"


def test_no_time_is_before_the_epoch() -> None:
    rig = Rig(0)
    rig.add(1, clock_offset=2.0)
    rig.wire(1).on("GET", "/events", (200, b""))
    assert result_of(past_events(rig.fleet, 0, 7 * NANOS)) == []
    ((_, target),) = rig.wire(1).asked
    assert target.endswith("since=0.000000000&until=5.000000000")


def test_each_engine_is_asked_by_its_own_clock() -> None:
    rig = Rig(0)
    rig.add(1, clock_offset=2.0)
    rig.wire(1).on("GET", "/events", (200, b""))
    assert result_of(past_events(rig.fleet, 5 * NANOS, 7 * NANOS)) == []
    ((_, target),) = rig.wire(1).asked
    assert target.endswith("since=3.000000000&until=5.000000000")


def test_the_order_is_that_of_our_clock() -> None:
    """An engine whose clock is an hour behind tells of 10:00 what was at 11:00."""
    rig = Rig(1)
    rig.add(2, clock_offset=3600.0)
    rig.wire(1).on("GET", "/events", (200, record(7200 * NANOS)))
    rig.wire(2).on("GET", "/events", (200, record(3700 * NANOS)))
    events = result_of(past_events(rig.fleet, 7000 * NANOS, 7400 * NANOS))
    assert [event.moment // NANOS for event in events] == [7200, 7300]
    assert [event.time // NANOS for event in events] == [7200, 3700]


def test_how_a_name_was_taken_is_no_news() -> None:
    rig = Rig(1)
    rig.state.placeholders.expect("1")
    actor = {"ID": "e", "Attributes": {PLACEHOLDER: "1"}}
    tag = orjson.dumps({"Type": "image", "Action": "tag", "Actor": actor, "timeNano": 10})
    rig.wire(1).on("GET", "/events", (200, tag + b"\n" + record(40)))
    assert [event.time for event in result_of(past_events(rig.fleet, 0, 7 * NANOS))] == [40]
