from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.event import event_of_edges, read_event


def test_what_an_engine_says() -> None:
    attributes = {"image": "busybox", "exitCode": "137"}
    record = {
        "Type": "container",
        "Action": "health_status: healthy",
        "Actor": {"ID": "abc", "Attributes": attributes},
        "scope": "local",
        "time": 5,
        "timeNano": 5_500_000_000,
    }
    event = read_event(record)
    assert event is not None
    assert event[:6] == ("container", "health_status", "healthy", "abc", attributes, 5.5)
    assert event.record is record


def test_the_form_of_old_engines() -> None:
    event = read_event({"status": "die", "id": "abc", "from": "busybox", "time": 5})
    assert event is not None
    assert event[:6] == ("container", "die", "", "abc", {}, 5.0)


def nested(levels: int) -> Any:
    return {"deeper": nested(levels - 1)} if levels else [1, "two", None]


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "die",
        {},
        {"Action": 5},
        {"Action": "die", "Type": []},
        {"Action": "die", "Actor": "me"},
        {"Action": "die", "Actor": {"ID": 7}},
        {"Action": "die", "Actor": {"Attributes": ["a"]}},
        {"Action": "die", "Actor": {"Attributes": {"name": 5}}},
        {"Action": "die", "time": "now"},
        {"Action": "die", "timeNano": "5"},
        {"Action": "die", "more": nested(20)},
    ],
)
def test_what_is_no_event(record: object) -> None:
    assert read_event(record) is None


def test_what_is_unknown_may_be_nested_a_little() -> None:
    assert read_event({"Action": "die", "more": nested(5)}) is not None


ACTOR = "a" * 64


@pytest.mark.parametrize(
    ("edges", "kind", "verb", "actor"),
    [
        (
            f'{{"status":"exec_create: x x","Actor":{{"ID":"{ACTOR}","Attributes":{{}}}}}}',
            "container",
            "exec_create",
            ACTOR,
        ),
        (f'{{"Type":"image","Action":"tag","Actor":{{"ID":"sha256:{ACTOR}"', "image", "tag",
         f"sha256:{ACTOR}"),
        (f'{{"status":"create","id":"{ACTOR}","from":"x","Type":"contai', "container", "create",
         ACTOR),
        ('{"Type":"volume","Action":"create","Actor":{"ID":"my.vol"', "volume", "create", "my.vol"),
    ],
)  # fmt: skip
def test_of_an_event_that_was_too_long(edges: str, kind: str, verb: str, actor: str) -> None:
    event = event_of_edges(edges.encode())
    assert event is not None
    assert (event.kind, event.verb, event.id, event.attributes) == (kind, verb, actor, {})


@pytest.mark.parametrize(
    "said",
    [
        r'{"status":"exec_create: \\"Actor\\":{\\"ID\\":\\"' + ACTOR + r'\\" x',
        '{"Actor":{"ID":"' + ACTOR + '"}}',
        "x",
        "",
    ],
)
def test_what_clients_say_in_it_is_no_key_of_it(said: str) -> None:
    assert event_of_edges(said.encode()) is None
