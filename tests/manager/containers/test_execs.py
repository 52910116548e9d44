from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster.lookup import find_exec
from swarmd.core.errors import NoSuchExec
from swarmd.manager.containers.execs import find_exec_anywhere
from swarmd.manager.fleet.read_your_writes import LAST_PATIENCE
from tests.manager.rig import Rig, result_of

ID = "a" * 64


def test_the_engine_that_knows_it_is_found_and_remembered() -> None:
    rig = Rig(2)
    rig.has_container(2, ID, "web")
    rig.wire(1).on("GET", "/exec/e1/json", (404, {"message": "No such exec instance: e1"}))
    rig.wire(2).on("GET", "/exec/e1/json", (200, {"ContainerID": ID}))
    assert result_of(find_exec_anywhere(rig.fleet, "e1")).name == "web"
    assert find_exec(rig.state, "e1").id == ID


def test_nobody_knows_it() -> None:
    rig = Rig(2)
    rig.on_all("GET", "/exec/e1/json", (404, {"message": "No such exec instance: e1"}))
    with pytest.raises(NoSuchExec):
        result_of(find_exec_anywhere(rig.fleet, "e1"))


def test_an_exec_of_a_container_that_is_unknown_is_not_believed() -> None:
    rig = Rig(1)
    rig.wire(1).on("GET", "/exec/e1/json", (200, {"ContainerID": "b" * 64}))
    with pytest.raises(NoSuchExec):
        result_of(find_exec_anywhere(rig.fleet, "e1"))


def test_its_container_may_be_as_new() -> None:
    rig = Rig(1)
    rig.wire(1).on("GET", "/exec/e1/json", (200, {"ContainerID": ID}))
    listed: list[str] = []
    rig.wire(1).on("GET", "/containers/json", (200, []))
    rig.state.mark_dirty(ID, rig.engine(1).key)
    with pytest.raises(NoSuchExec):
        result_of(find_exec_anywhere(rig.fleet, "e1"))
    assert not rig.engine(1).dirty, listed


def test_a_container_that_must_be_there_is_waited_for_however_slow_its_list_is() -> None:
    rig = Rig(1)
    answers: list[Deferred[Any]] = []
    rig.wire(1).on("GET", "/exec/e1/json", (200, {"ContainerID": ID}))
    rig.wire(1).on(
        "GET", "/containers/json", lambda target, body: answers.append(Deferred()) or answers[-1]
    )
    rig.clock.advance(1)
    rig.state.mark_dirty(ID, rig.engine(1).key)
    rig.clock.advance(1)
    finding = Deferred.fromCoroutine(find_exec_anywhere(rig.fleet, "e1"))
    rig.clock.advance(LAST_PATIENCE)
    listed = {"Id": ID, "Names": ["/web"], "State": "running", "Status": "Up 1 second"}
    answers[0].callback((200, []))
    answers[1].callback((200, [listed]))
    finding.addCallback(lambda container: container.name)
    assert finding.result == "web"
