from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.actions import EventSeen
from swarmd.cluster.reducers.merge import IGNORED
from swarmd.cluster.state import State
from swarmd.core.event import read_event
from tests.cluster.fleet import (
    NOW,
    fleet,
    full_id,
    happened,
    inspect,
    inspected,
    item,
    key_of,
    listed,
)

ONE, TWO = full_id(1), full_id(2)


def known() -> State:
    state = fleet(1)
    listed(state, 1, item(1, "web"), item(2, "db", State="exited", Status="Exited (0) 1 hour ago"))
    inspected(state, 1, inspect(1, "web", State__Health={"Status": "healthy"}), at=0.5)
    return state


def dirty(state: State) -> set[str]:
    return state.engines[key_of(1)].dirty


def test_a_death_is_known_at_once_and_asked_about() -> None:
    state = known()
    happened(state, 1, "die", at=1.0, exitCode="137")
    container = state.containers[ONE]
    assert (container.state, container.exit_code, container.finished_at) == ("exited", 137, NOW)
    assert dirty(state) == {ONE}
    assert state.engines[key_of(1)].tally.running == 0


@pytest.mark.parametrize("action", ["stop", "kill", "restart", "oom", "something new"])
def test_what_tells_nothing_for_certain_is_only_asked_about(action: str) -> None:
    state = known()
    happened(state, 1, action, at=1.0)
    assert state.containers[ONE].state == "running"
    assert dirty(state) == {ONE}


@pytest.mark.parametrize("verb", sorted(IGNORED))
def test_health_checks_and_visits_dirty_nothing(verb: str) -> None:
    state = known()
    happened(state, 1, f"{verb}: /bin/sh -c true", at=1.0, execID="e")
    happened(state, 1, f"{verb}: /bin/sh -c true", 9, at=1.0)
    assert not dirty(state)


def test_a_change_of_health() -> None:
    state = known()
    happened(state, 1, "health_status: unhealthy", at=1.0)
    assert state.containers[ONE].health == "unhealthy"


def test_an_unknown_container_is_asked_about() -> None:
    state = known()
    happened(state, 1, "create", 7, at=1.0)
    assert dirty(state) == {full_id(7)}
    listed(state, 1, at=2.0, asked=frozenset({full_id(7)}))
    assert not dirty(state)


def test_an_answer_to_an_older_question_does_not_clear_the_mark() -> None:
    state = known()
    happened(state, 1, "create", 7, at=3.0)
    listed(state, 1, item(1), item(2), at=2.0)
    assert full_id(7) in dirty(state)
    listed(state, 1, item(1), item(2), item(7), at=2.5)
    assert full_id(7) in state.containers and full_id(7) in dirty(state)


def test_destroyed_is_gone() -> None:
    state = known()
    happened(state, 1, "die", at=1.0)
    happened(state, 1, "destroy", at=2.0)
    happened(state, 1, "destroy", 9, at=2.0)
    assert set(state.containers) == {TWO} and not dirty(state)


def test_a_rename_moves_the_name() -> None:
    state = known()
    happened(state, 1, "rename", at=1.0, name="www", oldName="/web")
    assert state.catalogue.names.find("www") == (ONE,)
    assert state.catalogue.names.find("web") == ()
    assert b'"/node-1/www"' in state.containers[ONE].entry


def test_prune_asks_about_what_does_not_run() -> None:
    state = known()
    happened(state, 1, "prune", at=1.0)
    assert dirty(state) == {TWO}


@pytest.mark.parametrize(
    ("kind", "action", "stale"),
    [
        ("image", "pull", {"images"}),
        ("image", "save", set()),
        ("image", "push", set()),
        ("container", "commit", {"images"}),
        ("network", "create", {"networks"}),
        ("network", "prune", {"networks"}),
        ("network", "connect", set()),
        ("volume", "destroy", {"volumes"}),
        ("volume", "mount", set()),
        ("daemon", "reload", set()),
    ],
)
def test_lists_that_are_out_of_date(kind: str, action: str, stale: set[str]) -> None:
    state = known()
    happened(state, 1, action, 99, at=1.0, kind=kind)
    assert state.engines[key_of(1)].stale == stale


def test_a_tag_that_moves_changes_what_its_containers_show() -> None:
    state = known()
    happened(state, 1, "untag", 99, at=1.0, kind="image", name="busybox")
    assert dirty(state) == {ONE, TWO}


def test_an_image_without_a_name_is_asked_about_by_its_id() -> None:
    state = known()
    happened(state, 1, "create", 99, at=1.0, kind="image")
    assert list(state.engines[key_of(1)].changed_images) == [full_id(99)]


def test_joining_a_network_is_asked_about() -> None:
    state = known()
    happened(state, 1, "connect", 99, at=1.0, kind="network", container=TWO)
    happened(state, 1, "connect", 99, at=1.0, kind="network", container=full_id(50))
    assert dirty(state) == {TWO}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"Action": 5},
        {"Action": "die", "Actor": {"ID": 7}},
        {"Action": "die", "time": "now"},
        {"Action": "die", "Actor": "me"},
        {"Action": "die", "Actor": {"Attributes": []}},
        {"Action": "die", "timeNano": 9**22, "Actor": {"ID": ONE, "Attributes": {"exitCode": "x"}}},
        {"Action": "connect", "Type": "network", "Actor": {"Attributes": {"container": []}}},
        {"Action": "untag", "Type": "image", "Actor": {"Attributes": {"name": {}}}},
        {"Action": "rename", "Actor": {"ID": ONE, "Attributes": {"name": 5}}},
        {"Action": "health_status: on fire", "Actor": {"ID": ONE}, "Type": []},
        {"Action": "start", "Actor": {"ID": "../x"}},
    ],
)
def test_nonsense_of_an_engine_does_no_harm(record: dict[str, Any]) -> None:
    state = known()
    before = dict(state.containers)
    if (event := read_event(record)) is not None:
        state.dispatch(EventSeen(key_of(1), event, 1.0, NOW))
    assert {c.id: c.names for c in state.containers.values()} == {
        c.id: c.names for c in before.values()
    }
    assert dirty(state) <= {ONE}


def test_how_much_is_asked_about_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmd.cluster.catalogue._DIRTY_LIMIT", 3)
    state = known()
    for number in range(10, 20):
        happened(state, 1, "create", number, at=1.0)
    assert len(dirty(state)) == 3
