"""A network's name is given once, and a volume is made once, whichever swarmds are asked."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster import actions as news
from swarmd.core.errors import ApiError, Conflict
from swarmd.manager.claims.claimant import StoreAway
from swarmd.streams.link import Answer
from tests.cluster.fleet import key_of
from tests.manager.claims.rig import OneOf, Swarmds


def begin(one: OneOf, kind: str, name: str = "net") -> list[Any]:
    manager: Any = one.fleet.local.networks if kind == "network" else one.fleet.local.volumes
    outcome: list[Any] = []
    work = manager.create(orjson.dumps({"Name": name}), (1, 41))
    Deferred.fromCoroutine(work).addBoth(outcome.append)
    return outcome


def made(swarmds: Swarmds, one: OneOf, kind: str, name: str = "net") -> None:
    """The engine makes what it was asked for, and all hear its list when they ask."""
    call = one.fleet.calls.pop()
    entry = {"Id": "a" * 64, "Name": name, "Driver": "local", "Scope": "local"}
    for each in swarmds.all:
        key = key_of(call.engine)
        each.fleet.dispatch(
            news.NetworksListed(key, [entry])
            if kind == "network"
            else news.VolumesListed(key, [entry])
        )
    call.answer(201, entry)


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_two_in_one_moment_make_one(kind: str) -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    first, second = begin(one, kind), begin(other, kind)
    assert len(one.fleet.calls) == 1 and not other.fleet.calls
    made(swarmds, one, kind)
    swarmds.clock.advance(0.3)
    assert isinstance(first[0], Answer)
    if kind == "network":
        assert isinstance(second[0].value, Conflict)
    else:
        assert [call.engine for call in other.fleet.calls] == [1]
        made(swarmds, other, kind)


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_who_waits_makes_it_when_the_first_came_to_nothing(kind: str) -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    begin(one, kind)
    begin(other, kind)
    one.fleet.calls.pop().answer(500)
    swarmds.clock.advance(0.3)
    assert len(other.fleet.calls) == 1
    made(swarmds, other, kind)


def test_who_waits_in_vain_hears_why() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    begin(one, "network")
    waits = begin(other, "network")
    for _ in range(30):
        swarmds.clock.advance(0.2)
    error = waits[0].value
    assert isinstance(error, Conflict) and "another swarmd is still making" in error.message
    made(swarmds, one, "network")


def test_what_was_made_is_over_for_all_at_once() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    begin(one, "network")
    assert other.claimant.foreign.standing
    made(swarmds, one, "network")
    assert not other.claimant.foreign.standing
    assert "networks" in other.fleet.state.engines[key_of(1)].stale


def test_a_lost_answer_keeps_the_name_for_a_while() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    begin(one, "network")
    one.fleet.calls.pop().break_off()
    assert other.claimant.foreign.standing
    swarmds.pass_time(11)
    assert not other.claimant.foreign.standing


def test_without_the_store_nothing_is_made() -> None:
    swarmds = Swarmds()
    one = swarmds.all[0]
    one.store.cut()
    outcome = begin(one, "volume")
    swarmds.pass_time(5.2)
    assert isinstance(outcome[0].value, StoreAway)
    assert isinstance(outcome[0].value, ApiError) and outcome[0].value.status == 503
    assert not one.fleet.calls


def test_a_container_goes_where_another_swarmd_makes_its_volume() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    begin(one, "volume", "data")
    engine = one.fleet.calls[0].engine
    other.create("web", Binds=["data:/data"])
    assert [call.engine for call in other.fleet.calls] == [engine]
    made(swarmds, one, "volume", "data")


def test_a_network_that_one_takes_along_is_not_taken_elsewhere_by_another() -> None:
    """It is nobody's yet: both containers want it, and it lives on one node."""
    swarmds = Swarmds()
    entry = {"Id": "a" * 64, "Name": "net", "Driver": "bridge", "Scope": "local"}
    for one in swarmds.all:
        one.fleet.dispatch(news.NetworksListed(key_of(1), [entry]))
        one.store.late = True
    for one in swarmds.all:
        one.create(f"of-{one.number}", NetworkMode="net")
    swarmds.pass_time(2)
    assert [one.last for one in swarmds.all] == [201, 201]
    assert [len(there) for there in swarmds.there.values()] == [2, 0]
