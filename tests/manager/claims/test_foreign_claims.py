"""What others claim counts here, once, until it is seen or certainly is not there."""

from __future__ import annotations

from swarmd.core.errors import NameTaken
from swarmd.manager.claims.keys import HEADS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_what_others_make_counts_once_when_it_is_seen() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    one.create("web", Memory=300)
    swarmds.obey()
    engines = other.fleet.state.engines.values()
    assert sum(engine.tally.memory for engine in engines) == 300
    assert len(other.fleet.state.reservations.pending) == 1
    swarmds.listing()
    assert sum(engine.tally.memory for engine in engines) == 300
    assert not other.fleet.state.reservations.pending
    assert "web" in [one.name for one in other.fleet.state.containers.values()]


def test_a_claim_whose_owner_is_gone_is_asked_for() -> None:
    """It was made; nobody here has heard of it but by the claim."""
    swarmds = Swarmds()
    one, other = swarmds.all
    one.create("web", Memory=300)
    call = one.fleet.calls.pop()
    one.fleet.make(call.engine, call.body, "web")
    one.store.cut()
    swarmds.pass_time(13)
    assert not other.fleet.state.reservations.pending
    assert "web" in [one.name for one in other.fleet.state.containers.values()]


def test_a_claim_of_what_was_never_made_is_free_once_its_engine_has_said_so() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    one.create("web", Memory=1000)
    one.fleet.calls.clear()
    one.store.cut()
    swarmds.pass_time(9)
    other.create("web")
    swarmds.pass_time(8)
    assert isinstance(other.last, NameTaken)
    other.create("web")
    swarmds.pass_time(8)
    assert other.last == 201
