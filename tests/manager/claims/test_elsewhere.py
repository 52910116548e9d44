"""What another swarmd has just made is found here, by ID, name and Swarm ID, before any event."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.container.container_state import Container
from swarmd.core.errors import NoSuchContainer
from swarmd.core.names import IDENTITY
from swarmd.manager.claims.elsewhere import look_beside
from swarmd.manager.fleet.read_your_writes import find_anywhere
from tests.cluster.fleet import full_id, inspect
from tests.manager.claims.rig import OneOf, Swarmds
from tests.manager.rig import Rig, result_of


def looked_up(swarmds: Swarmds, one: OneOf, ref: str) -> Any:
    outcome: list[Any] = []
    Deferred.fromCoroutine(find_anywhere(one.fleet, ref)).addBoth(outcome.append)
    swarmds.obey()
    return outcome[0]


@pytest.fixture
def swarmds() -> Swarmds:
    """One has made a container; the other has not even heard of its claim."""
    swarmds = Swarmds()
    swarmds.all[1].store.late = True
    swarmds.all[0].create("web")
    swarmds.obey()
    return swarmds


def inspects(swarmds: Swarmds) -> list[dict[str, Any]]:
    return [one for there in swarmds.there.values() for one in there.values()]


@pytest.mark.parametrize("what", ["name", "id", "identity", "path"])
def test_it_is_found(swarmds: Swarmds, what: str) -> None:
    (made,) = inspects(swarmds)
    refs = {"name": "web", "id": made["Id"], "path": "/web"}
    refs["identity"] = made["Config"]["Labels"][IDENTITY]
    found = looked_up(swarmds, swarmds.all[1], refs[what])
    assert isinstance(found, Container) and found.id == made["Id"]


def test_what_is_nowhere_is_not_found(swarmds: Swarmds) -> None:
    assert looked_up(swarmds, swarmds.all[1], "other").check(NoSuchContainer)


def test_a_new_name_is_found_before_its_event(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    (made,) = inspects(swarmds)
    looked_up(swarmds, other, "web")
    naming = one.creator.starter.renames
    assert naming is not None
    Deferred.fromCoroutine(naming.claimed("new", made["Id"]))
    made["Name"] = "/new"
    found = looked_up(swarmds, other, "new")
    assert isinstance(found, Container) and found.id == made["Id"]


def test_without_the_store_what_is_known_is_still_found(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    other.store.cut()
    swarmds.listing()
    assert isinstance(looked_up(swarmds, other, "web"), Container)
    assert looked_up(swarmds, other, "other").check(NoSuchContainer)
    assert isinstance(looked_up(swarmds, one, "web"), Container)


def test_while_another_process_is_there_engines_are_asked_before_a_container_is_unknown() -> None:
    rig = Rig(2)
    found = inspect(1, "web")
    rig.wire(1).on("GET", "/containers/web/json", (404, {"message": "No such container: web"}))
    rig.wire(2).on("GET", "/containers/web/json", (200, found))
    look_beside(rig.fleet, True)
    made = result_of(find_anywhere(rig.fleet, "/web"))
    assert (made.id, made.engine) == (full_id(1), rig.engine(2).key)
    look_beside(rig.fleet, False)
    assert rig.fleet.elsewhere is None


def test_and_lists_are_read_once_more() -> None:
    rig = Rig(1)
    look_beside(rig.fleet, True)
    assert rig.fleet.elsewhere is not None
    result_of(rig.fleet.elsewhere.look_for_lists())
    assert {"networks", "volumes"} <= set(rig.engine(1).stale)
