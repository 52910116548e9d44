from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.task import Clock

from swarmd.cluster import actions as news
from swarmd.core.container.create_request import KINDS
from swarmd.manager.rescheduling.candidates import Candidates, is_wanted
from tests.cluster.fleet import key_of
from tests.manager.scripted import ScriptedFleet

LABEL = KINDS["reschedule"]
ON = {LABEL: '["on-node-failure"]'}


@pytest.mark.parametrize(
    ("labels", "default", "wanted"),
    [
        ({}, False, False),
        ({}, True, True),
        (ON, False, True),
        ({LABEL: '["off"]'}, True, False),
        ({LABEL: "nonsense"}, True, False),
    ],
)
def test_who_wants_it(labels: dict[str, str], default: bool, wanted: bool) -> None:
    assert is_wanted(labels, default) == wanted


def watched(fleet: ScriptedFleet) -> Candidates:
    known = Candidates(fleet, Clock(), default=False)
    fleet.state.watch(known.on_action)
    return known


def made(fleet: ScriptedFleet, name: str, labels: dict[str, str]) -> str:
    body: Any = {"Image": "busybox", "Labels": labels}
    container_id = fleet.make(1, body, name)
    fleet.listing(1)
    return container_id


def test_only_who_wants_it_is_remembered() -> None:
    fleet = ScriptedFleet()
    known = watched(fleet)
    mine, other = made(fleet, "mine", ON), made(fleet, "other", {})
    found = known.find(key_of(1), mine)
    assert found is not None and found["Config"]["Image"] == "busybox"
    assert known.find(key_of(1), other) is None


def test_what_is_gone_is_forgotten_with_the_next_list() -> None:
    fleet = ScriptedFleet()
    known = watched(fleet)
    mine = made(fleet, "mine", ON)
    fleet.lose(1)
    assert known.find(key_of(1), mine) is not None
    del fleet.there[1][mine]
    fleet.bring_back(1)
    assert known.find(key_of(1), mine) is None


def test_an_engine_off_the_list_is_forgotten() -> None:
    fleet = ScriptedFleet()
    known = watched(fleet)
    mine = made(fleet, "mine", ON)
    fleet.dispatch(news.EngineUnlisted(key_of(1)))
    assert known.find(key_of(1), mine) is None
