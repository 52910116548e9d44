"""What readers ask for: lists and inspects of this moment."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.cluster.actions import ContainerGone, ContainersListed
from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.engine.client import MOST_IDS
from swarmd.engine.tracker import EngineTracker
from tests.engine.scripted import Rig, Script, container_item

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


def steady(rig: Rig) -> tuple[EngineTracker, Script]:
    script = Script(rig.clock, lists={"/containers/json": [container_item(ONE)]})
    tracker = rig.track(script)
    rig.pass_time(0.2)
    assert rig.engine().healthy
    script.calls.clear()
    script.targets.clear()
    rig.actions.clear()
    return tracker, script


def start(work: Coroutine[Any, Any, Any]) -> list[Any]:
    """What it returned or raised, once it has."""
    results: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(results.append)
    return results


def error_of(results: list[Any]) -> ApiError:
    (failure,) = results
    assert isinstance(failure, Failure)
    assert isinstance(failure.value, ApiError)
    return failure.value


def test_a_refresh_asks_for_just_these() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    rig.state.mark_dirty(ONE)
    assert start(tracker.refresh({ONE})) == [None]
    assert script.targets == [
        f"/v1.41/containers/json?all=1&filters=%7B%22id%22%3A%7B%22{ONE}%22%3Atrue%7D%7D"
    ]
    (action,) = rig.of(ContainersListed)
    assert (action.asked, action.at) == (frozenset({ONE}), rig.clock.seconds())
    assert rig.engine().dirty == set()


def test_what_was_asked_for_and_did_not_come_is_gone() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.lists["/containers/json"] = []
    start(tracker.refresh({ONE}))
    assert rig.state.containers == {}


def test_a_refresh_of_nothing_asks_nothing() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    assert start(tracker.refresh(set())) == [None]
    assert script.calls == []


def test_too_many_are_the_whole_list() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    start(tracker.refresh({f"{number:064}" for number in range(MOST_IDS + 1)}))
    assert script.targets == ["/v1.41/containers/json?all=1"]
    assert rig.of(ContainersListed)[0].asked is None


def test_who_comes_late_shares_the_next_question() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.held["/containers/json"] = []
    first = start(tracker.refresh({ONE}))
    second, third = start(tracker.refresh({TWO})), start(tracker.refresh({THREE}))
    assert (len(script.calls), first) == (1, [])
    script.let_go("/containers/json")
    assert first == second == third == [None]
    assert [action.asked for action in rig.of(ContainersListed)] == [{ONE}, {TWO, THREE}]


def test_a_refresh_has_a_time_limit_of_its_own() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.held["/containers/json"] = []
    hasty, patient = start(tracker.refresh({ONE}, timeout=2.0)), start(tracker.refresh({ONE}))
    rig.pass_time(2.1)
    assert str(error_of(hasty)) == "node node-1 is unreachable: no answer within 2 s"
    assert patient == []
    script.let_go("/containers/json")
    assert patient == [None]


def test_nobody_asks_for_those_who_have_left() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.held["/containers/json"] = []
    start(tracker.refresh({ONE}))
    start(tracker.refresh({TWO}, timeout=1.0))
    rig.pass_time(2.0)
    script.let_go("/containers/json")
    assert script.calls.count("/containers/json") == 1


def test_all_who_share_a_question_share_its_failure() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.held["/containers/json"] = []
    waiting = [start(tracker.refresh({each})) for each in (ONE, TWO, THREE)]
    script.down = True
    script.held.pop("/containers/json")[0].errback(EngineUnreachable("node-1", "connection lost"))
    assert [type(error_of(results)) for results in waiting] == [EngineUnreachable] * 3
    script.down = False
    assert start(tracker.refresh({ONE})) == [None]


def test_an_engine_that_refuses_is_named() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.failing["/containers/json"] = 500
    error = error_of(start(tracker.refresh({ONE})))
    assert isinstance(error, EngineRefused)
    assert (error.node, error.status, error.message) == ("node-1", 500, "HTTP 500: as scripted")


def test_volumes_may_take_as_long_as_a_driver_that_is_gone() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.lists["/volumes"] = {"Volumes": [{"Name": "v"}], "Warnings": ["list gone: no socket"]}
    script.held["/volumes"] = []
    waiting = start(tracker.refresh_list("volumes", timeout=1.0))
    rig.pass_time(15.0)
    assert isinstance(error_of(waiting), EngineUnreachable) and not rig.engine().volumes
    script.let_go("/volumes")
    assert set(rig.engine().volumes) == {"v"}


def test_inspect_tells_the_caller_and_the_cluster() -> None:
    rig = Rig()
    tracker, _ = steady(rig)
    (found,) = start(tracker.inspect(TWO))
    assert found["Id"] == TWO
    assert rig.state.containers[TWO].detailed


def test_an_inspect_of_what_is_gone() -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.failing[f"/containers/{ONE}/json"] = 404
    assert start(tracker.inspect(ONE)) == [None]
    assert rig.of(ContainerGone)[0].id == ONE
    assert rig.state.containers == {}


@pytest.mark.parametrize("timeout", [None, 3.0])
def test_an_inspect_has_a_time_limit(timeout: float | None) -> None:
    rig = Rig()
    tracker, script = steady(rig)
    script.held[f"/containers/{ONE}/json"] = []
    waiting = start(tracker.inspect(ONE, timeout))
    rig.pass_time((timeout or 10.0) + 0.1)
    assert "no answer within" in str(error_of(waiting))
    assert script.under_way == 0
