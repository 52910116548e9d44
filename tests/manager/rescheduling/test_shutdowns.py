from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from swarmd.cluster import actions as news
from swarmd.manager.rescheduling import shutdowns as shutdowns
from swarmd.manager.rescheduling.shutdowns import LATELY
from tests.cluster.fleet import key_of, seen
from tests.manager.rescheduling.rig import Rig

MADE, STARTED = ["POST 2 create"], ["POST 2 create", "POST 2 start"]


@pytest.mark.parametrize(
    ("verbs", "outcome"),
    [
        (["kill"], STARTED),
        (["kill", "die"], STARTED),
        (["kill", "die", "stop"], STARTED),
        (["die"], MADE),
        (["kill", "die", "start", "die"], MADE),
    ],
)
def test_what_was_told_to_end_ended_with_its_engine(verbs: list[str], outcome: list[str]) -> None:
    rig = Rig()
    rig.happened(rig.old, *verbs)
    rig.lose()
    assert rig.fleet.obey() == outcome


def test_what_ended_long_before_did_not() -> None:
    rig = Rig()
    rig.happened(rig.old, "kill", "die")
    rig.fleet.clock.advance(LATELY)
    rig.lose()
    assert rig.fleet.obey() == MADE


def test_nor_did_anything_where_another_runs_untold() -> None:
    rig = Rig()
    other = rig.run("quiet", {})
    rig.happened(rig.old, "kill", "die")
    rig.lose()
    assert rig.fleet.obey() == MADE
    assert other in rig.fleet.there[1]


def test_nothing_is_kept_of_what_is_gone() -> None:
    rig = Rig()
    shutdowns = rig.rescheduler._shutdowns
    rig.happened(rig.old, "kill", "die", "destroy")
    assert shutdowns.with_engine(rig.fleet.state.engines[key_of(1)]) == frozenset()
    rig.happened(rig.old, "kill")
    rig.fleet.dispatch(news.EngineUnlisted(key_of(1)))
    assert shutdowns._kills == {}


def test_an_engine_cannot_fill_the_memory_with_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdowns, "MOST", 10)
    many = shutdowns.Shutdowns(Clock())
    for number in range(100):
        actor = {"ID": f"{number:064}"}
        many.on_action(seen("k", {"Type": "container", "Action": "kill", "Actor": actor}, 0.0))
    many.on_action(
        seen("j", {"Type": "container", "Action": "kill", "Actor": {"ID": "x" * 99}}, 0.0)
    )
    assert {key: len(held) for key, held in many._kills.items()} == {"k": 10, "j": 0}
