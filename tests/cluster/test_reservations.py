from __future__ import annotations

import pytest

from swarmd.cluster.actions import (
    ContainerGone,
    DoubtResolved,
    EngineListed,
    EngineUnlisted,
    EngineValidated,
)
from swarmd.cluster.reservations import Doubt
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.errors import NameTaken
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
    spec,
)

ONE = full_id(1)


def pending(name: str = "web", number: int = 1, engine: int = 1) -> Container:
    demand = Demand(cpus=5, memory=6, ports=(HostPort(80),))
    names = (name,) if name else ()
    key = key_of(engine)
    return Container(f"pending-{number}", key, names, demand=demand, created=NOW, pending=True)


def made(number: int = 1, name: str = "web") -> Container:
    demand = Demand(cpus=5, memory=6, ports=(HostPort(80),))
    return Container(full_id(number), key_of(1), (name,), demand=demand, created=NOW, tty=True)


def test_a_reservation_counts_but_is_not_shown() -> None:
    state = fleet(1)
    state.reserve(pending())
    tally = state.engines[key_of(1)].tally
    assert (tally.total, tally.cpus, tally.memory, tally.names["web"]) == (1, 5, 6, 1)
    assert (80, "tcp") in tally.ports
    assert not state.containers and state.name_taken("web")


def test_a_name_is_given_once() -> None:
    state = fleet(2)
    listed(state, 2, item(1, "db"))
    state.reserve(pending("web"))
    for name in ("web", "db"):
        with pytest.raises(NameTaken):
            state.reserve(pending(name, 2))
        with pytest.raises(NameTaken):
            state.reserve_name(name, full_id(9))
    assert state.engines[key_of(1)].tally.total == 1


def test_who_replaces_one_of_two_that_share_a_name_has_no_right_to_it() -> None:
    """Another swarmd has replaced it already."""
    state = fleet(2)
    listed(state, 1, item(1, "web"))
    listed(state, 2, item(2, "web"))
    with pytest.raises(NameTaken):
        state.reserve(pending("web"), full_id(1))


def test_a_failed_create_leaves_nothing() -> None:
    state = fleet(1)
    state.reserve(pending())
    state.release("pending-1")
    state.release("pending-1")
    assert state.engines[key_of(1)].tally == fleet(1).engines[key_of(1)].tally
    assert not state.name_taken("web")


def test_creates_without_a_name_do_not_meet() -> None:
    state = fleet(1)
    state.reserve(pending("", 1))
    state.reserve(pending("", 2))
    state.release("pending-1")
    assert state.engines[key_of(1)].tally.total == 1


def test_an_acknowledged_create_is_there_at_once() -> None:
    state = fleet(1)
    state.reserve(pending())
    state.confirm("pending-1", made())
    engine = state.engines[key_of(1)]
    container = state.containers[ONE]
    assert (container.name, container.pending, container.state) == ("web", False, "created")
    assert (engine.tally.total, engine.tally.cpus) == (1, 5)
    assert engine.dirty == {ONE}
    assert b'"/node-1/web"' in container.entry


def test_an_answer_on_its_way_does_not_hide_what_was_just_made() -> None:
    clock = [10.0]
    state = State(lambda: clock[0])
    state.dispatch(EngineListed(key_of(1), key_of(1)))
    state.dispatch(EngineValidated(key_of(1), spec(1), NOW))
    state.confirm("pending-1", made())
    listed(state, 1, at=9.0)
    assert ONE in state.containers
    state.mark_dirty(ONE)
    listed(state, 1, item(1), at=9.5)
    assert ONE in state.engines[key_of(1)].dirty


def test_the_list_may_be_faster_than_the_acknowledgement() -> None:
    state = fleet(1)
    state.reserve(pending())
    listed(state, 1, item(1, "web"), at=1.0)
    state.confirm("pending-1", made())
    container = state.containers[ONE]
    assert (container.state, container.tty, container.demand.cpus) == ("running", True, 5)
    assert container.demand.ports == ()
    assert state.engines[key_of(1)].tally.total == 1


def test_an_event_and_an_inspect_may_be_faster_too() -> None:
    state = fleet(1)
    inspected(state, 1, inspect(1, "web", HostConfig__NanoCpus=7), at=1.0)
    state.confirm("pending-1", made())
    assert state.containers[ONE].demand.cpus == 7


def test_so_may_its_end() -> None:
    state = fleet(1)
    state.reserve(pending())
    happened(state, 1, "destroy", at=1.0)
    state.confirm("pending-1", made())
    assert not state.containers and not state.name_taken("web")
    assert state.engines[key_of(1)].tally.total == 0


def test_a_created_container_keeps_the_ports_it_asked_for_when_it_is_listed() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web", State="created", Status="Created"), at=1.0)
    state.confirm("pending-1", made())
    assert state.containers[ONE].demand.ports == (HostPort(80),)


def test_no_engine_acknowledges_the_container_of_another() -> None:
    state = fleet(2)
    listed(state, 2, item(1, "db"))
    state.reserve(pending())
    state.confirm("pending-1", made())
    assert state.containers[ONE].engine == key_of(2)


def test_no_engine_lists_the_container_of_another() -> None:
    """Whose it was first, its stays, and so do the calls on it; the other's word is no news."""
    state = fleet(2)
    listed(state, 2, item(1, "db"))
    listed(state, 1, item(1, "evil"))
    assert state.containers[ONE].engine == key_of(2)
    assert state.containers[ONE].name == "db" and not state.name_taken("evil")
    assert not state.engines[key_of(1)].containers
    listed(state, 1)
    assert state.containers[ONE].engine == key_of(2)


def test_an_engine_that_leaves_during_a_create() -> None:
    state = fleet(1)
    state.reserve(pending())
    state.dispatch(EngineUnlisted(key_of(1)))
    assert state.name_taken("web")
    state.confirm("pending-1", made())
    assert not state.name_taken("web") and not state.containers


def test_an_engine_that_leaves_and_comes_back_during_a_create() -> None:
    state = fleet(1)
    state.reserve(pending())
    state.dispatch(EngineUnlisted(key_of(1)))
    state.dispatch(EngineListed(key_of(1), key_of(1)))
    state.dispatch(EngineValidated(key_of(1), spec(1), NOW))
    state.confirm("pending-1", made())
    assert not state.containers
    assert state.engines[key_of(1)].tally.total == 0


def test_a_reservation_outlives_the_engine_behind_the_address() -> None:
    state = fleet(2)
    state.reserve(pending())
    state.reserve(pending("db", 2, engine=2))
    state.dispatch(EngineValidated(key_of(1), spec(7), NOW))
    assert state.engines[key_of(1)].tally.total == 1
    state.release("pending-1")
    assert state.engines[key_of(1)].tally.total == 0


def test_a_rename_holds_both_names_until_it_is_answered() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"))
    state.reserve_name("www", ONE)
    state.reserve_name("www", ONE)
    assert state.name_taken("www") and state.name_taken("web")
    state.release_name("www", ONE, granted=True)
    assert state.containers[ONE].name == "www"
    assert state.name_taken("www") and not state.name_taken("web")


def test_a_refused_rename_changes_nothing() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"))
    state.reserve_name("www", ONE)
    state.release_name("www", ONE, granted=False)
    assert state.containers[ONE].name == "web" and not state.name_taken("www")


def in_doubt(state: State, name: str = "www") -> Doubt:
    (doubt,) = state.reservations.doubts(state.engines[key_of(1)])
    assert doubt.name == name
    return doubt


@pytest.mark.parametrize("name", ["web", "www"])
def test_a_rename_in_doubt_holds_both_names_until_that_is_settled(name: str) -> None:
    """Lists and inspects may be of a moment before the engine is done with it."""
    state = fleet(2)
    listed(state, 1, item(1, "web"))
    state.reserve_name("www", ONE)
    state.release_name("www", ONE, granted=None)
    listed(state, 2)
    listed(state, 1, item(1, "web"), at=2.0)
    inspected(state, 1, inspect(1, "web"), at=3.0)
    assert state.name_taken("www") and state.name_taken("web")
    listed(state, 1, item(1, name), at=4.0)
    state.dispatch(DoubtResolved(key_of(1), in_doubt(state)))
    assert [one for one in ("web", "www") if state.name_taken(one)] == [name]


def test_a_create_in_doubt_counts_until_that_is_settled() -> None:
    state = fleet(1)
    ended: list[str] = []
    state.reserve(pending())
    state.doubt("pending-1", lambda: ended.append("claims"))
    listed(state, 1, at=2.0)
    assert state.name_taken("web") and state.engines[key_of(1)].tally.memory == 6
    doubt = in_doubt(state, "web")
    for _ in range(2):
        state.dispatch(DoubtResolved(key_of(1), doubt))
    assert not state.name_taken("web") and ended == ["claims"]
    assert state.engines[key_of(1)].tally.memory == 0


@pytest.mark.parametrize("late", [False, True])
def test_an_engine_that_is_off_the_list_leaves_nothing_in_doubt(late: bool) -> None:
    state = fleet(1)
    ended: list[str] = []
    state.reserve(pending())
    if late:
        state.dispatch(EngineUnlisted(key_of(1)))
    state.doubt("pending-1", lambda: ended.append("claims"))
    assert ended == (["claims"] if late else [])
    state.dispatch(EngineUnlisted(key_of(1)))
    assert not state.name_taken("web") and ended == ["claims"]
    assert state.reservations.pending == {}


def test_a_rename_of_what_is_gone_meanwhile() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"))
    state.reserve_name("www", ONE)
    state.dispatch(ContainerGone(key_of(1), ONE))
    state.release_name("www", ONE, granted=True)
    assert not state.name_taken("www")


def test_another_cannot_free_a_name() -> None:
    state = fleet(1)
    state.reserve(pending())
    state.release_name("web", "somebody", granted=False)
    assert state.name_taken("web")
