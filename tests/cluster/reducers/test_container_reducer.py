from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import ContainerGone, EngineListed, EngineUnlisted, EngineValidated
from swarmd.cluster.state import State
from swarmd.core.container.container_state import HostPort
from swarmd.core.container.kept_identity import KeptIdentity
from swarmd.core.names import IDENTITY
from tests.cluster.fleet import (
    NOW,
    fleet,
    full_id,
    happened,
    inspect,
    inspected,
    item,
    join,
    key_of,
    listed,
    spec,
)

ONE, TWO = full_id(1), full_id(2)


def entry_of(state: State, container_id: str) -> dict[str, object]:
    decoded: dict[str, object] = orjson.loads(state.containers[container_id].entry + b"}")
    return decoded


# Lists


def test_a_list_fills_every_index() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"), item(2, "db", State="exited", Status="Exited (0) 1 hour ago"))
    engine = state.engines[key_of(1)]
    assert set(state.containers) == set(engine.containers) == {ONE, TWO}
    assert state.catalogue.names.find("web") == (ONE,)
    assert (engine.tally.total, engine.tally.running) == (2, 1)


def test_a_whole_list_drops_what_it_does_not_name() -> None:
    state = fleet(1)
    listed(state, 1, item(1), item(2))
    listed(state, 1, item(2), at=1.0)
    assert set(state.containers) == {TWO}


def test_a_whole_list_keeps_what_was_touched_after_the_question() -> None:
    state = fleet(1)
    listed(state, 1, item(1), at=5.0)
    listed(state, 1, at=4.0)
    assert set(state.containers) == {ONE}


def test_a_limited_list_drops_only_what_was_asked_for() -> None:
    state = fleet(1)
    listed(state, 1, item(1), item(2))
    listed(state, 1, at=1.0, asked=frozenset({ONE}))
    assert set(state.containers) == {TWO}


def test_an_old_answer_does_not_overwrite_newer_news() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"))
    happened(state, 1, "rename", at=5.0, name="www")
    listed(state, 1, item(1, "web"), at=4.0)
    assert state.containers[ONE].name == "www"
    assert ONE in state.engines[key_of(1)].dirty
    listed(state, 1, item(1, "www"), at=6.0)
    assert not state.engines[key_of(1)].dirty


def test_a_list_does_not_revive_the_dead() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    state.dispatch(ContainerGone(key_of(1), ONE))
    listed(state, 1, item(1), at=9.0)
    inspected(state, 1, inspect(1), at=9.0)
    happened(state, 1, "start", at=9.0)
    assert not state.containers and not state.engines[key_of(1)].dirty


def test_the_order_within_a_second_is_that_of_the_list() -> None:
    state = fleet(1)
    listed(state, 1, *(item(number, Created=100) for number in (3, 1, 2)))
    rows = state.catalogue.rows.newest_first(state.engines)
    assert [row.container.id for row in rows] == [full_id(3), full_id(1), full_id(2)]


def test_what_cannot_be_understood_is_told_and_drops_nothing() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    listed(state, 1, {"Id": None}, item(2), at=1.0)
    assert set(state.containers) == {ONE, TWO}
    engine = state.engines[key_of(1)]
    assert engine.warnings == ("1 of its containers could not be understood",)
    listed(state, 1, item(2), at=2.0)
    assert engine.warnings == () and set(state.containers) == {TWO}


def test_no_engine_speaks_for_another() -> None:
    state = fleet(2)
    listed(state, 1, item(1, "web"))
    listed(state, 2, item(1, "evil"), at=9.0)
    inspected(state, 2, inspect(1, "evil"), at=9.0)
    happened(state, 2, "die", at=9.0)
    happened(state, 2, "destroy", at=9.0)
    container = state.containers[ONE]
    assert (container.engine, container.name, container.state) == (key_of(1), "web", "running")


def test_an_engine_that_leaves_takes_its_containers_along() -> None:
    state = fleet(2)
    listed(state, 1, item(1, "web"))
    listed(state, 2, item(2))
    happened(state, 1, "create", 7, at=1.0)
    state.dispatch(EngineUnlisted(key_of(1)))
    assert set(state.containers) == {TWO}
    assert state.catalogue.names.find("web") == ()
    state.dispatch(EngineListed(key_of(1), key_of(1)))
    state.dispatch(EngineValidated(key_of(1), spec(1), NOW))
    listed(state, 1, item(1, "web"))
    assert ONE in state.containers


def test_entries_follow_the_name_and_address_of_their_engine() -> None:
    state = fleet(1)
    ports = [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 1, "Type": "tcp"}]
    listed(state, 1, item(1, "web", Ports=ports))
    state.dispatch(EngineListed(key_of(1), key_of(1), ip="10.9.9.9", name="alpha"))
    entry = entry_of(state, ONE)
    assert entry["Names"] == ["/web", "/alpha/web"]
    assert entry["Ports"] == [{"IP": "10.9.9.9", "PrivatePort": 80, "PublicPort": 1, "Type": "tcp"}]
    state.dispatch(EngineListed(key_of(1), key_of(1), ip="10.9.9.9"))
    state.dispatch(EngineValidated(key_of(1), spec(1, name="beta"), NOW))
    assert entry_of(state, ONE)["Names"] == ["/web", "/beta/web"]


def test_the_clock_of_an_engine_shifts_what_is_estimated() -> None:
    state = State()
    engine = join(state, clock_offset=100.0)
    listed(state, 1, item(1, Status="Up 10 seconds"))
    assert state.containers[ONE].started_at == NOW - engine.spec.clock_offset - 10.5


# Inspects


def test_an_inspect_adds_what_the_list_does_not_tell() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web", Names=["/web", "/app/web"]))
    inspected(state, 1, inspect(1, "web", HostConfig__NanoCpus=7, Config__Tty=True), at=1.0)
    container = state.containers[ONE]
    assert (container.detailed, container.tty, container.demand.cpus) == (True, True, 7)
    assert container.names == ("web", "app/web")
    assert state.engines[key_of(1)].tally.cpus == 7


def test_an_inspect_may_be_the_first_news() -> None:
    state = fleet(1)
    inspected(state, 1, inspect(1, "web"), at=1.0)
    assert entry_of(state, ONE)["Names"] == ["/web", "/node-1/web"]
    assert ONE in state.engines[key_of(1)].dirty


def test_an_inspect_that_tells_a_new_name() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"))
    inspected(state, 1, inspect(1, "www"), at=1.0)
    assert entry_of(state, ONE)["Names"] == ["/www", "/node-1/www"]
    assert state.catalogue.names.find("www") == (ONE,)


def test_an_old_inspect_is_ignored() -> None:
    state = fleet(1)
    listed(state, 1, item(1), at=5.0)
    inspected(state, 1, inspect(1, HostConfig__NanoCpus=7), at=4.0)
    assert not state.containers[ONE].detailed


def test_an_inspect_that_cannot_be_understood_is_told() -> None:
    state = fleet(1)
    inspected(state, 1, {"Id": ONE})
    assert "inspected_container" in state.engines[key_of(1)].warnings[0]


def test_an_update_asks_for_another_inspect() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    inspected(state, 1, inspect(1), at=1.0)
    happened(state, 1, "update", at=2.0)
    assert not state.containers[ONE].detailed


def test_a_relist_keeps_what_an_inspect_told() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    bindings = {"80/tcp": [{"HostPort": "8080"}]}
    body = inspect(1, HostConfig__Memory=9, HostConfig__PortBindings=bindings)
    inspected(state, 1, body, at=1.0)
    ports = [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}]
    listed(state, 1, item(1, Ports=ports), at=2.0)
    container = state.containers[ONE]
    assert container.detailed and container.started_at == NOW - 300
    assert container.demand.memory == 9
    assert container.demand.ports == (HostPort(8080),)


@pytest.mark.parametrize("at", [0.0, 3.0])
def test_nothing_is_believed_of_an_engine_that_is_not_validated(at: float) -> None:
    state = State()
    state.dispatch(EngineListed(key_of(1), key_of(1)))
    listed(state, 1, item(1), at=at)
    happened(state, 1, "create", at=at)
    assert not state.containers and not state.engines[key_of(1)].dirty


KEPT = KeptIdentity(full_id(900), "f00d", "ENGINE-1", "web")


def copied(number: int, name: str = "web", **changes: Any) -> dict[str, Any]:
    """What was made again on another engine, as that lists it."""
    return item(number, name, Labels=KEPT.labels(), **changes)


class TestKeptIds:
    def test_the_label_tells_the_id(self) -> None:
        state = fleet(2)
        listed(state, 2, copied(5))
        (container,) = state.containers.values()
        assert container.id == KEPT.id and container.id.encode() in container.entry
        assert full_id(5).encode() not in container.entry
        assert state.engines[key_of(2)].ids.own(KEPT.id) == full_id(5)

    def test_a_list_in_the_terms_of_clients_is_the_same(self) -> None:
        state = fleet(2)
        listed(state, 2, copied(5))
        listed(state, 2, copied(5, Id=KEPT.id, State="exited", Status="Exited (0) 1 second ago"))
        assert state.containers[KEPT.id].state == "exited"
        assert state.engines[key_of(2)].ids.own(KEPT.id) == full_id(5)

    def test_under_its_interim_name_it_is_not_there(self) -> None:
        state = fleet(2)
        listed(state, 2, copied(5, KEPT.interim_name))
        assert not state.containers and state.catalogue.interim == {full_id(5): (key_of(2), KEPT)}
        listed(state, 2)
        assert not state.catalogue.interim

    def test_whose_id_it_is_goes_before_who_keeps_it(self) -> None:
        """Whatever a label says."""
        state = fleet(2)
        listed(state, 2, copied(5))
        listed(state, 1, item(900, "real"))
        assert state.containers[KEPT.id].name == "real"
        listed(state, 2, copied(5))
        assert [one.name for one in state.containers.values()] == ["real"]
        listed(state, 1)
        listed(state, 2, copied(5))
        assert state.containers[KEPT.id].name == "web"

    def test_a_label_of_another_says_nothing(self) -> None:
        state = fleet(1)
        labels = {**KEPT.labels(), IDENTITY: "other"}
        listed(state, 1, item(5, "thief", Labels=labels))
        assert list(state.containers) == [full_id(5)]
