from typing import Any

import orjson
import pytest

from swarmd.core.errors import BadParameter
from swarmd.manager.system.event_query import NANOS, EventQuery, parse_time

START: dict[str, Any] = {
    "Type": "container",
    "Action": "start",
    "Actor": {
        "ID": "abcdef",
        "Attributes": {"name": "web", "image": "busybox:1", "zone": "a", "node.name": "node-1"},
    },
    "scope": "local",
}
HEALTH = {**START, "Action": "health_status: healthy"}
PULL = {
    "Type": "image",
    "Action": "pull",
    "Actor": {"ID": "busybox:1", "Attributes": {"name": "busybox"}},
}


def query(filters: str = "", since: str = "", until: str = "") -> EventQuery:
    given = {"filters": filters, "since": since, "until": until}
    return EventQuery.of(lambda name: given[name])


def spelt(image: str) -> dict[str, Any]:
    """A start of a container that was made by this name of its image."""
    actor = START["Actor"]
    return {**START, "Actor": {**actor, "Attributes": {**actor["Attributes"], "image": image}}}


@pytest.mark.parametrize(
    ("text", "nanos"),
    [("", None), ("12", 12 * NANOS), ("12.5", 12_500_000_000), ("12.000000001", 12 * NANOS + 1)],
)
def test_times(text: str, nanos: int | None) -> None:
    assert parse_time(text) == nanos


@pytest.mark.parametrize("text", ["10m", "zz", "1.", "1.0000000001", "2026-01-01T00:00:00Z"])
def test_engines_take_no_other_times(text: str) -> None:
    with pytest.raises(BadParameter, match="invalid syntax"):
        parse_time(text)


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', "7"])
def test_bad_filters(text: str) -> None:
    with pytest.raises(BadParameter, match="invalid filter"):
        EventQuery.of({"filters": text, "since": "", "until": ""}.__getitem__)


@pytest.mark.parametrize(
    ("since", "until", "fine"), [("20", "10", False), ("10", "10", True), ("", "1", True)]
)
def test_a_window_that_ends_before_it_begins(since: str, until: str, fine: bool) -> None:
    given = {"filters": "null", "since": since, "until": until}.__getitem__
    if fine:
        assert EventQuery.of(given).filters == {}
        return
    with pytest.raises(BadParameter) as caught:
        EventQuery.of(given)
    assert caught.value.message == "`since` time (20) cannot be after `until` time (10)"


@pytest.mark.parametrize(
    ("filters", "record", "accepted"),
    [
        ('{"type":["container"]}', START, True),
        ('{"type":["image"]}', START, False),
        ('{"type":{"container":true}}', START, True),
        ('{"event":["start"]}', START, True),
        ('{"event":["sta"]}', START, False),
        ('{"event":["health_status"]}', HEALTH, True),
        ('{"event":["health_status: healthy"]}', HEALTH, True),
        ('{"event":["health_status: unhealthy"]}', HEALTH, False),
        ('{"container":["web"]}', START, True),
        ('{"container":["abc"]}', START, True),
        ('{"container":["other"]}', START, False),
        ('{"image":["busybox"]}', START, True),
        ('{"image":["busybox:1"]}', START, True),
        ('{"image":["busybox:2"]}', START, False),
        ('{"image":["busybox"]}', PULL, True),
        ('{"image":["busybox:1"]}', PULL, True),
        ('{"image":["busybox"]}', spelt("docker.io/library/busybox:2"), True),
        ('{"image":["r.io:5000/a"]}', spelt("r.io:5000/a:2"), True),
        ('{"image":["a"]}', spelt("library/a@sha256:" + "d" * 64), True),
        ('{"image":["docker.io/library/busybox"]}', START, False),  # engines compare as listed
        ('{"image":["library/busybox"]}', spelt("library/busybox"), True),
        ('{"image":["Busy"]}', spelt("Busy"), True),
        ('{"label":["zone=a"]}', START, True),
        ('{"label":["zone"]}', START, True),
        ('{"label":["zone=a","tier"]}', START, False),
        ('{"scope":["local"]}', PULL, True),
        ('{"scope":["swarm"]}', PULL, False),
        ('{"node":["node-1"]}', START, True),
        ('{"node":["node-2"]}', START, False),
        ('{"whatever":["x"]}', START, True),
    ],
)
def test_filters_as_an_engine_applies_them(
    filters: str, record: dict[str, Any], accepted: bool
) -> None:
    assert query(filters).accepts(record) is accepted


def test_the_window_includes_its_ends() -> None:
    window = query(since="10", until="20")
    inside = [window.in_window(second * NANOS) for second in (9, 10, 15, 20, 21)]
    assert inside == [False, True, True, True, False]


def test_a_beginning_is_one_of_many_values() -> None:
    many = [f"x{'y' * (n % 9)}{n}" for n in range(1000)]
    assert query(orjson.dumps({"container": [*many, "abcd"]}).decode()).accepts(START)
    assert query(orjson.dumps({"container": [*many, ""]}).decode()).accepts(START)
    assert not query(orjson.dumps({"container": many}).decode()).accepts(START)
