from __future__ import annotations

import pytest

from swarmd.cluster.actions import (
    EngineAnswered,
    EngineCordoned,
    EngineListed,
    EngineNoted,
    EngineRejected,
    EngineUnlisted,
    EngineValidated,
)
from swarmd.cluster.roster import constraint_labels
from swarmd.cluster.state import State
from swarmd.core.model import NO_SPEC, Health
from tests.cluster.fleet import NOW, fleet, full_id, item, join, key_of, listed, spec


def test_a_listed_engine_is_pending_under_its_address() -> None:
    state = State()
    state.dispatch(EngineListed("10.0.0.1:2375", "10.0.0.1:2375", labels={"zone": "a"}))
    engine = state.engines["10.0.0.1:2375"]
    assert (engine.name, engine.ip, engine.health) == ("10.0.0.1:2375", "10.0.0.1", Health.PENDING)
    assert engine.labels == {"zone": "a"}
    assert not engine.validated


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        ("tcp://10.0.0.1:2375", "10.0.0.1"),
        ("[fd00::1]:2376", "fd00::1"),
        ("host:2375", ""),
        ("unix:///run/docker.sock", ""),
    ],
)
def test_the_address_of_an_engine(address: str, ip: str) -> None:
    state = State()
    state.dispatch(EngineListed("k", address))
    assert state.engines["k"].ip == ip


def test_the_address_that_was_really_connected_to() -> None:
    state = State()
    state.dispatch(EngineListed("k", "host:2375"))
    state.dispatch(EngineValidated("k", spec(), NOW, ip="10.0.0.9"))
    assert state.engines["k"].ip == "10.0.0.9"


def test_names_are_unique() -> None:
    state = fleet(1)
    twin = join(state, 2, name="node-1")
    third = join(state, 3, name="node-1")
    assert (twin.name, third.name) == ("node-1-2", "node-1-3")
    assert state.roster.by_name("node-1-2") is twin
    state.dispatch(EngineUnlisted(key_of(1)))
    state.dispatch(EngineValidated(twin.key, spec(2, name="node-1"), NOW))
    assert twin.name == "node-1-2"
    assert state.roster.by_name("node-1") is None


def test_the_hosts_file_names_an_engine() -> None:
    state = fleet(1)
    key = key_of(1)
    state.dispatch(EngineListed(key, key, name="alpha"))
    assert state.engines[key].name == "alpha"
    state.dispatch(EngineListed(key, key))
    assert state.engines[key].name == "node-1"


def test_a_host_name_cannot_look_like_a_path() -> None:
    state = State()
    assert join(state, name="a/b").name == "a-b"
    assert join(state, 2, name="").name == key_of(2)


def test_a_second_address_of_an_engine_is_refused_visibly() -> None:
    state = fleet(1)
    alias = join(state, 2, id="ENGINE-1")
    assert alias.health is Health.PENDING
    assert alias.error == "engine ID ENGINE-1 is already managed as node-1 at 10.0.0.1:2375"
    assert alias.spec is NO_SPEC
    listed(state, 2, item(1))
    assert not state.containers
    state.dispatch(EngineUnlisted(key_of(1)))
    state.dispatch(EngineValidated(alias.key, spec(1), NOW))
    state.dispatch(EngineAnswered(alias.key, NOW))
    assert alias.healthy and alias.name == "node-1"


def test_an_alias_is_free_once_its_owner_is_another_engine() -> None:
    state = fleet(1)
    alias = join(state, 2, id="ENGINE-1")
    state.dispatch(EngineValidated(key_of(1), spec(9), NOW))
    state.dispatch(EngineValidated(alias.key, spec(1), NOW))
    assert state.roster.accepted(alias)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (
            {"version": "swarm/1.2.9"},
            "this is a swarm of engines, not an engine: it would lead round in circles",
        ),
        ({"id": ""}, "the engine has no ID"),
    ],
)
def test_what_is_no_engine_is_refused(changes: dict[str, object], error: str) -> None:
    state = State()
    engine = join(state, **changes)
    assert (engine.health, engine.error) == (Health.PENDING, error)


def test_another_engine_behind_the_address_starts_empty() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    engine = state.engines[key_of(1)]
    state.dispatch(EngineValidated(engine.key, spec(7), NOW + 9))
    assert (engine.health, engine.name, engine.since) == (Health.PENDING, "node-7", NOW + 9)
    assert not state.containers and not engine.tally.total
    assert state.roster.owner("ENGINE-1") is None


def test_a_refused_engine_is_forgotten_but_shown() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    engine = state.engines[key_of(1)]
    state.dispatch(EngineRejected(engine.key, "too old", NOW))
    assert (engine.health, engine.error, engine.name) == (Health.PENDING, "too old", engine.address)
    assert full_id(1) not in state.containers
    assert state.roster.owner("ENGINE-1") is None


def test_what_is_measured_outweighs_the_hosts_file_and_that_the_engine() -> None:
    own = spec(labels={"zone": "a", "disk": "ssd", "ostype": "plan9", "node": "x"})
    assert constraint_labels(own, {"zone": "b", "architecture": "z80"}) == {
        "zone": "b",
        "disk": "ssd",
        "storagedriver": "overlay2",
        "kernelversion": "6.1",
        "operatingsystem": "Debian 12",
        "ostype": "linux",
        "architecture": "x86_64",
    }
    assert constraint_labels(spec(kernel=""), {}).get("kernelversion") is None


def test_labels_that_are_not_taken_are_warned_about() -> None:
    state = State()
    engine = join(state, labels={"node": "x", "ostype": "plan9"})
    assert engine.warnings == (
        "label node is ignored: the name has a meaning",
        "label ostype is ignored: the name has a meaning",
    )
    state.dispatch(EngineValidated(engine.key, spec(), NOW))
    assert engine.warnings == ()


def test_notes_replace_those_of_the_same_source() -> None:
    state = State()
    engine = join(state, labels={"node": "x"})
    for texts in (["ends soon"], ["ends now", "really"]):
        state.dispatch(EngineNoted(engine.key, "tls", texts))
    assert engine.warnings[1:] == ("ends now", "really")
    state.dispatch(EngineNoted(engine.key, "tls", []))
    assert len(engine.warnings) == 1


def test_cordon() -> None:
    state = fleet(1)
    state.dispatch(EngineCordoned(key_of(1), cordoned=True))
    assert state.engines[key_of(1)].cordoned


def test_news_of_an_engine_that_left_is_no_news() -> None:
    state = State()
    state.dispatch(EngineAnswered("k", NOW))
    state.dispatch(EngineUnlisted("k"))
    assert not state.engines
