"""Without the store what needs it waits and is refused; with it again, all goes on."""

from __future__ import annotations

from swarmd.manager.claims.claimant import StoreAway
from swarmd.manager.claims.keys import HEADS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_without_the_store_a_create_waits_and_is_refused_with_its_name() -> None:
    swarmds = Swarmds()
    one = swarmds.all[0]
    one.store.cut("memory:// is down")
    one.create("web")
    swarmds.pass_time(4.9)
    assert not one.outcomes
    swarmds.pass_time(0.3)
    assert isinstance(one.last, StoreAway)
    assert "memory:// is down since 4" in one.last.message
    assert swarmds.names() == []
    assert not one.fleet.state.reservations.pending


def test_a_create_that_waits_goes_on_when_the_store_is_back() -> None:
    swarmds = Swarmds()
    one = swarmds.all[0]
    one.store.cut()
    one.create("web")
    swarmds.pass_time(3)
    one.store.heal()
    swarmds.pass_time(1)
    assert one.last == 201


def test_what_came_to_stand_after_the_client_had_its_refusal_is_let_go() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    one.store.lose_answers = 1
    one.create("web")
    one.store.cut()
    swarmds.pass_time(6)
    assert isinstance(one.last, StoreAway)
    one.store.heal()
    swarmds.pass_time(1)
    other.create("web")
    swarmds.pass_time(3)
    assert other.last == 201
