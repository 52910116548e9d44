"""A create whose engine dies with the answer, or whose client leaves.

Its name and memory stay taken until it is certain that it is there or never will be.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from twisted.internet.defer import CancelledError, Deferred

from swarmd.core.errors import EngineUnreachable, NameTaken
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.manager.containers.reconcile import CERTAIN, PAUSE
from tests.manager.scripted import ScriptedFleet


def create(creator: Creator, name: str, memory: int = 0) -> Deferred[Any]:
    body = orjson.dumps({"Image": "busybox", "HostConfig": {"Memory": memory}})
    return Deferred.fromCoroutine(creator.create(CreateOrder(name, *read_body(body), "", (1, 41))))


def outcome(work: Deferred[Any]) -> Any:
    results: list[Any] = []
    work.addBoth(results.append)
    (result,) = results
    return getattr(result, "value", result)


def unknown(fleet: ScriptedFleet, creator: Creator, *, made: bool) -> int:
    """A create of "aa" whose engine dies with the answer; the number of that engine."""
    work = create(creator, "aa", 600)
    (call,) = fleet.calls
    if made:
        fleet.make(call.engine, call.body, "aa")
    fleet.lose(call.engine)
    error = outcome(work)
    assert isinstance(error, EngineUnreachable) and "is unknown" in error.message
    return call.engine


@pytest.mark.parametrize("made", [False, True])
def test_the_name_stays_reserved_until_the_engine_tells(made: bool) -> None:
    fleet = ScriptedFleet()
    creator = fleet.creator()
    number = unknown(fleet, creator, made=made)
    assert isinstance(outcome(create(creator, "aa")), NameTaken)
    fleet.bring_back(number)
    assert fleet.state.name_taken("aa")
    for _ in range(CERTAIN):
        fleet.obey()
        fleet.clock.advance(PAUSE)
    assert fleet.state.name_taken("aa") == made
    assert fleet.state.reservations.pending == {}
    assert fleet.state.engines[f"10.0.0.{number}:2375"].tally.total == int(made)


def test_an_engine_that_is_taken_off_the_list_reserves_nothing() -> None:
    fleet = ScriptedFleet()
    number = unknown(fleet, fleet.creator(), made=False)
    fleet.unlist(number)
    assert not fleet.state.name_taken("aa")
    assert fleet.state.reservations.pending == {}


def test_an_engine_that_was_taken_off_the_list_meanwhile_reserves_nothing() -> None:
    fleet = ScriptedFleet()
    work = create(fleet.creator(), "aa", 600)
    (call,) = fleet.calls
    fleet.unlist(call.engine)
    call.break_off()  # what has become of it cannot be asked
    assert isinstance(outcome(work), EngineUnreachable)
    assert not fleet.state.name_taken("aa")
    assert fleet.state.reservations.pending == {}


@pytest.mark.parametrize("made", [False, True])
def test_a_create_goes_on_when_its_client_leaves(made: bool) -> None:
    fleet = ScriptedFleet()
    creator = fleet.creator()
    leaving = create(creator, "aa", 600)
    leaving.cancel()
    assert isinstance(outcome(leaving), CancelledError)
    call = fleet.calls.pop()
    fleet.listing(call.engine)
    assert isinstance(outcome(create(creator, "aa")), NameTaken)
    engine = fleet.state.engines[f"10.0.0.{call.engine}:2375"]
    assert engine.tally.memory == 600
    if made:
        fleet.act(call)
    else:
        call.answer(400)
    assert not fleet.calls and fleet.state.reservations.pending == {}
    assert [one.name for one in fleet.state.containers.values()] == ["aa"] * made
    assert engine.tally.total == int(made)


def test_a_list_does_not_tell_of_what_its_engine_is_still_at() -> None:
    fleet = ScriptedFleet()
    creator = fleet.creator()
    number = unknown(fleet, creator, made=False)
    fleet.bring_back(number)
    fleet.listing(number)
    assert isinstance(outcome(create(creator, "aa")), NameTaken)
