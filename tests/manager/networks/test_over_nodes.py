from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import EngineRefused
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.networks.over_nodes import LOOKS, PAUSE, heard_of_removal, once_released
from tests.manager.rig import Rig

WIDE = {"Id": "w", "Name": "wide", "Driver": "overlay", "Scope": "swarm"}


def _begun(rig: Rig) -> Deferred[None]:
    for number in (1, 2):
        rig.has_network(number, "w", "wide", Driver="overlay", Scope="swarm")
    return Deferred.fromCoroutine(heard_of_removal(rig.fleet, "w"))


def test_it_is_over_when_the_last_node_has_heard_of_it() -> None:
    rig, late = Rig(2), [(200, [WIDE]), (200, [WIDE])]
    rig.wire(1).on("GET", "/networks", (200, []))

    def answer(*_: Any) -> Any:
        return late.pop() if late else (200, [])

    rig.wire(2).on("GET", "/networks", answer)
    over = _begun(rig)
    assert not over.called
    for _ in range(3):
        rig.clock.advance(PAUSE)
    assert over.called and "w" not in rig.engine(2).networks


def test_nobody_is_waited_for_for_good() -> None:
    rig = Rig(2)
    rig.on_all("GET", "/networks", (200, [WIDE]))
    over = _begun(rig)
    for _ in range(LOOKS + 1):
        assert not over.called or _ == LOOKS
        rig.clock.advance(PAUSE)
    assert over.called


@pytest.mark.parametrize(("running", "tries"), [(False, 2), (True, 1)])
def test_a_removal_waits_for_who_has_just_gone_and_for_nobody_else(
    running: bool, tries: int
) -> None:
    rig, asked = Rig(1), []
    if running:
        networks = {"Networks": {"wide": {"NetworkID": "w"}}}
        rig.has_container(1, "a" * 64, "web", NetworkSettings=networks)
    used = EngineRefused("node-1", 400, "network wide is in use by task x")

    async def remove() -> list[Outcome]:
        asked.append(1)
        error = used if running or len(asked) < 2 else None
        return [Outcome(rig.engine(1), error=error)]

    over = Deferred.fromCoroutine(once_released(rig.fleet, "w", remove))
    rig.clock.advance(PAUSE)
    assert over.called and len(asked) == tries
