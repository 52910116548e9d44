"""What has ended stays claimed for as long as others may not have heard of it."""

from __future__ import annotations

from swarmd.manager.claims.keys import HEADS, REGISTERS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_what_was_made_is_let_go_once_all_know_it() -> None:
    swarmds = Swarmds()
    swarmds.all[0].create("web")
    swarmds.obey()
    assert len(heads(swarmds)) == 1
    swarmds.listing()
    swarmds.pass_time(12)
    assert heads(swarmds) == []
    assert not swarmds.all[1].claimant.foreign.standing
    assert not swarmds.all[1].fleet.state.reservations.pending


def test_a_refused_create_frees_the_name_for_all() -> None:
    swarmds = Swarmds()
    one, other = swarmds.all
    one.create("web")
    one.fleet.calls.pop().answer(400)
    other.create("web")
    swarmds.obey()
    assert (one.last, other.last) == (400, 201)


def test_registers_stay_and_are_few() -> None:
    swarmds = Swarmds(1)
    ports = {f"{n}/tcp": [{"HostIp": "", "HostPort": str(n)}] for n in range(8000, 8200)}
    swarmds.all[0].create("web", PortBindings=ports, Memory=1)
    swarmds.obey()
    assert swarmds.all[0].last == 201
    swarmds.pass_time(12)
    registers = [key for key in swarmds.server.entries if key.startswith(REGISTERS)]
    assert len(registers) == 5
