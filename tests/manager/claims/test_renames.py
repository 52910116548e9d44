"""A new name is the container's alone, whichever swarmds are asked for it."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import NameTaken
from swarmd.manager.claims.held_claim import HeldClaim
from tests.manager.claims.rig import OneOf, Swarmds


@pytest.fixture
def swarmds() -> Swarmds:
    """Both know two containers."""
    swarmds = Swarmds()
    for name in ("first", "second"):
        swarmds.all[0].create(name)
        swarmds.obey()
    swarmds.listing()
    return swarmds


def begin(one: OneOf, old: str, name: str) -> list[Any]:
    naming, outcome = one.creator.starter.renames, list[Any]()
    assert naming is not None
    held = Deferred.fromCoroutine(naming.claimed(name, container_of(one, old)))
    held.addBoth(outcome.append)
    return outcome


def container_of(one: OneOf, name: str) -> str:
    return next(each.id for each in one.fleet.state.containers.values() if each.name == name)


def end(one: OneOf, held: HeldClaim, granted: bool | None) -> None:
    naming, claim = one.creator.starter.renames, held.claim
    assert naming is not None
    one.fleet.state.release_name(claim.name, claim.subject, granted=granted)
    naming.end(held, granted=granted)


def test_two_in_one_moment_get_it_once(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    first, second = begin(one, "first", "new"), begin(other, "second", "new")
    assert isinstance(first[0], HeldClaim)
    swarmds.pass_time(3)
    assert isinstance(second[0].value, NameTaken)


def test_a_create_does_not_get_it_either(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    begin(one, "first", "new")
    other.create("new")
    swarmds.pass_time(3)
    assert isinstance(other.last, NameTaken)


def test_a_refused_one_frees_it(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    end(one, begin(one, "first", "new")[0], granted=False)
    assert isinstance(begin(other, "second", "new")[0], HeldClaim)


def test_the_old_name_is_free_for_others_before_they_hear_the_event(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    held = begin(one, "first", "new")[0]
    for there in swarmds.there.values():
        for inspect in there.values():
            if inspect["Name"] == "/first":
                inspect["Name"] = "/new"
    end(one, held, granted=True)
    other.create("first")
    swarmds.pass_time(1)
    assert other.last == 201


def test_a_lost_answer_is_asked_for_and_then_free_for_all(swarmds: Swarmds) -> None:
    one, other = swarmds.all
    end(one, begin(one, "first", "new")[0], granted=None)
    other.create("new")
    swarmds.pass_time(0.1)
    assert isinstance(other.last, NameTaken)
    swarmds.pass_time(6)
    other.create("new")
    swarmds.pass_time(3)
    assert other.last == 201
