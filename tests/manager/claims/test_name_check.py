"""A name that is taken here may be free by now, or its holder may be known better."""

from __future__ import annotations

from swarmd.core.errors import NameTaken
from swarmd.manager.claims.keys import HEADS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_who_comes_second_hears_whose_the_name_is() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    one.create("web")
    swarmds.obey()
    other.create("web")
    swarmds.pass_time(4)
    assert isinstance(other.last, NameTaken)
    assert other.last.holder in swarmds.there[1] | swarmds.there[2]


def test_a_removed_container_frees_its_name_before_its_event_comes() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    one.create("web")
    swarmds.obey()
    swarmds.listing()
    for there in swarmds.there.values():
        for container_id in list(there):
            one.fleet.forget(container_id)
        there.clear()
    other.create("web")
    swarmds.pass_time(1)
    assert other.last == 201
