"""Whatever happens in whatever order, what is kept up step by step equals what a count gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster.actions import (
    Action,
    ContainerGone,
    ContainerInspected,
    ContainersListed,
    EngineAnswered,
    EngineFailed,
    EngineListed,
    EngineRejected,
    EngineUnlisted,
    EngineValidated,
)
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.errors import NameTaken
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine, Health
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
    seen,
    spec,
)

ENGINES = st.integers(1, 2)
NUMBERS = st.integers(1, 5)
NAMES = st.sampled_from(["web", "db", "x/db", "app"])
TIMES = st.integers(0, 6).map(float)
STATES = st.sampled_from(
    [
        ("running", "Up 5 minutes"),
        ("exited", "Exited (1) 2 hours ago"),
        ("created", "Created"),
        ("paused", "Up 1 hour (Paused)"),
    ]
)
LABELS = st.sampled_from([{}, {"a": "1"}, {"a": "2", "b": "1"}])
VERBS = st.sampled_from(
    ["create", "start", "die", "stop", "destroy", "rename", "update", "pause", "exec_start: x"]
)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    state, status = draw(STATES)
    ports = [{"IP": "::", "PrivatePort": 1, "PublicPort": draw(NUMBERS), "Type": "tcp"}]
    names = [f"/{name}" for name in draw(st.lists(NAMES, min_size=1, max_size=2))]
    more = {"State": state, "Status": status, "Labels": draw(LABELS), "Ports": ports}
    return item(draw(NUMBERS), Names=names, **more)


def event(verb: str, number: int, name: str, when: float) -> dict[str, Any]:
    actor = {"ID": full_id(number), "Attributes": {"name": name}}
    return {"Type": "container", "Action": verb, "Actor": actor, "time": int(NOW + when)}


KEYS = ENGINES.map(key_of)
ENGINE_NEWS: st.SearchStrategy[Action] = st.one_of(
    st.builds(EngineListed, KEYS, KEYS, name=st.sampled_from(["", "alpha"])),
    st.builds(EngineUnlisted, KEYS),
    st.builds(EngineValidated, KEYS, ENGINES.map(spec), st.just(NOW)),
    st.builds(EngineRejected, KEYS, st.just("no"), st.just(NOW)),
    st.builds(EngineAnswered, KEYS, st.just(NOW)),
    st.builds(EngineFailed, KEYS, st.just("lost"), st.just(NOW), fatal=st.booleans()),
)
ASKED = st.none() | st.frozensets(NUMBERS.map(full_id), min_size=1)
LISTED = st.lists(items(), max_size=4)
EVENTS = st.builds(event, VERBS, NUMBERS, NAMES, TIMES)
INSPECTS = st.builds(inspect, NUMBERS, NAMES, HostConfig__NanoCpus=NUMBERS)
CONTAINER_NEWS: st.SearchStrategy[Action] = st.one_of(
    st.builds(ContainersListed, KEYS, LISTED, TIMES, st.just(NOW), ASKED),
    st.builds(ContainerInspected, KEYS, INSPECTS, TIMES),
    st.builds(seen, KEYS, EVENTS, TIMES),
    st.builds(ContainerGone, KEYS, NUMBERS.map(full_id)),
)

RESERVE, RELEASE, CONFIRM, RENAME, MARK = range(5)
COMMANDS = st.tuples(st.integers(0, 4), ENGINES, NUMBERS, NAMES, st.booleans())


def command(state: State, what: int, engine: int, number: int, name: str, yes: bool) -> None:
    """What a request does, as far as the state has to do with it."""
    pending, demand = f"pending-{number}", Demand(cpus=number, ports=(HostPort(number),))
    made = Container(full_id(number), key_of(engine), (name,), demand=demand, created=NOW)
    try:
        if what == RESERVE and key_of(engine) in state.engines:
            if pending not in state.reservations.pending:
                state.reserve(Container(pending, key_of(engine), (name,), demand=demand))
        elif what == RELEASE:
            state.release(pending)
        elif what == CONFIRM and key_of(engine) in state.engines:
            if state.roster.accepted(state.engines[key_of(engine)]):
                state.confirm(pending, made)
        elif what == RENAME:
            state.reserve_name(name, full_id(number))
            state.release_name(name, full_id(number), granted=yes)
        else:
            state.mark_dirty(full_id(number))
    except NameTaken:
        pass


STEPS = st.integers(0, 9).flatmap(
    lambda die: ENGINE_NEWS if die == 0 else COMMANDS if die < 5 else CONTAINER_NEWS
)


@given(st.lists(STEPS, min_size=20, max_size=40))
def test_indexes_and_sums_equal_a_count(history: list[Any]) -> None:
    state = State()
    for number in (1, 2):
        state.dispatch(EngineListed(key_of(number), key_of(number)))
        state.dispatch(EngineValidated(key_of(number), spec(number), NOW))
    for step in history:
        if isinstance(step, tuple):
            command(state, *step)
        else:
            state.dispatch(step)
        check_containers(state)
        check_engines(state)


def check_containers(state: State) -> None:
    known = [one for engine in state.engines.values() for one in engine.containers.values()]
    assert state.containers == {one.id: one for one in known}
    assert len(known) == len(state.containers)
    ids = state.catalogue.ids
    assert ids.starting_with("", 99) == sorted(state.containers)
    names = Counter((name, one.id) for one in known for name in one.names)
    indexed = {
        (name, held) for name in state.catalogue.names for held in state.catalogue.names.find(name)
    }
    assert indexed == set(names)
    order = shown_ids(state)
    created = [state.containers[one].created for one in order]
    assert sorted(order) == sorted(state.containers)
    assert created == sorted(created, reverse=True)


def shown_ids(state: State) -> list[str]:
    return [row.container.id for row in state.catalogue.rows.newest_first(state.engines)]


def check_engines(state: State) -> None:
    for key, engine in state.engines.items():
        assert engine.key == key and all(one.engine == key for one in engine.containers.values())
        assert engine.tally == counted(state, engine)
        assert state.roster.by_name(engine.name) is engine
        if engine.health is not Health.PENDING:
            assert state.roster.owner(engine.spec.id) is engine
    for name in ("alpha", "node-1", "node-1-2", "node-2", "node-2-2"):
        found = state.roster.by_name(name)
        assert found is None or found.name == name
    owned = [engine.spec.id for engine in state.engines.values() if engine.spec.id]
    assert len(owned) == len(set(owned))


def counted(state: State, engine: Engine) -> Tally:
    tally = Tally()
    for container in engine.containers.values():
        tally.add(container)
    for container, where in state.reservations.pending.values():
        if where is engine:
            tally.add(container)
    return tally


def test_only_what_is_known_can_be_marked() -> None:
    state = fleet(1)
    state.mark_dirty(full_id(1))
    state.mark_stale("nobody", "images")
    assert not state.engines[key_of(1)].dirty
    listed(state, 1, item(1))
    state.mark_dirty(full_id(1))
    assert state.engines[key_of(1)].dirty == {full_id(1)}


def test_execs_are_remembered() -> None:
    state = fleet(1)
    state.add_exec("e1", full_id(1))
    assert state.execs.get("e1") == full_id(1)


def test_a_clock_that_is_off_changes_the_order() -> None:
    state = fleet(2)
    listed(state, 1, item(1, Created=100))
    listed(state, 2, item(2, Created=200))
    assert shown_ids(state) == [full_id(2), full_id(1)]
    state.dispatch(EngineValidated(key_of(1), spec(1, clock_offset=500.0), NOW))
    assert shown_ids(state) == [full_id(1), full_id(2)]


def test_a_list_made_during_a_rename_has_both_names() -> None:
    """Whoever tells the end of it, one is left; and nothing of it is left with the container."""
    one = full_id(1)
    for end in (
        lambda state: state.release_name("new", one, granted=True),
        lambda state: happened(state, 1, "rename", name="/new"),
        lambda state: inspected(state, 1, inspect(1, "new")),
    ):
        state = fleet(1)
        listed(state, 1, item(1, Names=["/old", "/new", "/app/db"]))
        end(state)
        assert state.containers[one].names == ("new", "app/db")
        assert not state.name_taken("old") and state.name_taken("new")
        state.dispatch(ContainerGone(key_of(1), one))
        assert list(state.catalogue.names) == []
