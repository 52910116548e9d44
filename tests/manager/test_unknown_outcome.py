"""A create whose engine dies with the answer: its name and memory stay taken until it tells."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import EngineUnreachable, NameTaken
from swarmd.manager.create import Creator
from swarmd.manager.order import Order, read_body
from tests.manager.scripted import ScriptedFleet


def create(creator: Creator, name: str, memory: int = 0) -> Deferred[Any]:
    body = orjson.dumps({"Image": "busybox", "HostConfig": {"Memory": memory}})
    return Deferred.fromCoroutine(creator.create(Order(name, *read_body(body), "", (1, 41))))


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
    call.break_off()
    fleet.calls[-1].break_off()  # the question what has become of it
    assert isinstance(outcome(work), EngineUnreachable)
    assert not fleet.state.name_taken("aa")
    assert fleet.state.reservations.pending == {}
