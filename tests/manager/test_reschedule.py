from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmd.cluster import actions as news
from swarmd.core.config import KINDS
from swarmd.core.errors import Conflict
from swarmd.manager.blueprint import REPLACES
from swarmd.manager.intent import Intent
from swarmd.manager.mover import Mover
from swarmd.manager.plans import Plans
from swarmd.manager.reschedule import Rescheduler, Rules
from swarmd.manager.vigil import Vigil
from tests.cluster.fleet import key_of
from tests.manager.scripted import ScriptedFleet

ON = {KINDS["reschedule"]: '["on-node-failure"]'}
GRACE = 10.0


class Rig:
    """Three engines; "web" runs on the first and wants to be rescheduled."""

    def __init__(self, rules: Rules | None = None, folder: Path | None = None) -> None:
        self.fleet = ScriptedFleet()
        self.intent = Intent(str(folder) if folder else None)
        mover = Mover(self.fleet, self.fleet.creator(), Plans(self.fleet.clock.seconds))
        rules = rules or Rules(grace=GRACE)
        self.rescheduler = Rescheduler(
            self.fleet, mover, self.intent, self.fleet.clock, lambda: 0.5, rules
        )
        Vigil(self.fleet.state, (self.rescheduler,))
        for number in self.fleet.there:
            self.fleet.dispatch(news.EngineAnswered(key_of(number), 0.0))
        self.rescheduler.startService()
        self.events: list[dict[str, Any]] = []
        self.fleet.hub.subscribe(lambda event: self.events.append(event.record))
        self.old = self.run("web", ON)

    def run(self, name: str, labels: dict[str, str], number: int = 1, **more: Any) -> str:
        body = {"Image": "busybox", "Labels": labels, "HostConfig": more}
        container_id = self.fleet.make(number, body, name)
        self.fleet.there[number][container_id]["State"] = {"Status": "running"}
        self.fleet.listing(number)
        return container_id

    def lose(self, number: int = 1, wait: float = GRACE) -> None:
        self.fleet.lose(number)
        self.fleet.clock.advance(wait)

    def everywhere(self) -> list[str]:
        return [name for number in self.fleet.there for name in self.fleet.names(number)]


def test_made_again_after_the_grace() -> None:
    rig = Rig()
    rig.lose(wait=GRACE - 0.1)
    assert rig.fleet.calls == []
    rig.fleet.clock.advance(0.2)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]
    assert rig.fleet.names(2) == {"web": "running"}
    (new,) = rig.fleet.there[2].values()
    assert new["Config"]["Labels"] == {**ON, REPLACES: rig.old}
    assert rig.intent.book.tombstones[rig.old].replacement == new["Id"]
    assert rig.intent.book.losses == {}
    (event,) = rig.events
    assert event["Action"] == "reschedule" and event["Actor"]["ID"] == new["Id"]
    assert event["Actor"]["Attributes"]["old.id"] == rig.old


def test_the_old_one_is_hidden_and_removed_when_it_is_back() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.obey()
    rig.fleet.bring_back(1)
    assert rig.old not in rig.fleet.state.containers
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]
    assert rig.everywhere() == ["web"] and rig.intent.book.tombstones == {}


def test_one_that_comes_back_in_time_changes_nothing() -> None:
    rig = Rig()
    rig.lose(wait=GRACE / 2)
    rig.fleet.bring_back(1)
    rig.fleet.clock.advance(GRACE)
    assert (
        rig.fleet.calls == [] and rig.rescheduler.waiting(rig.fleet.state.engines[key_of(1)]) == []
    )


def test_one_that_comes_back_during_the_create_keeps_its_container() -> None:
    rig = Rig()
    rig.lose()
    assert len(rig.fleet.calls) == 1
    rig.fleet.bring_back(1)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"} and rig.everywhere() == ["web"]
    assert rig.intent.book.losses == rig.intent.book.tombstones == {}


def test_one_that_comes_back_during_the_start_loses_it() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.act(rig.fleet.calls.pop())
    (start,) = rig.fleet.calls
    rig.fleet.bring_back(1)
    assert rig.fleet.calls == [start]
    assert rig.fleet.obey() == ["POST 2 start", f"DELETE 1 {rig.old}"]
    assert rig.everywhere() == ["web"] and rig.intent.book.tombstones == {}


def test_a_refused_start_is_undone_and_the_old_one_may_live() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.act(rig.fleet.calls.pop())
    rig.fleet.calls.pop().answer(500)
    assert [call.method for call in rig.fleet.calls] == ["DELETE"]
    rig.fleet.bring_back(1)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"} and rig.everywhere() == ["web"]
    assert "error" in rig.events[0]["Actor"]["Attributes"]


def test_without_room_it_waits_for_room() -> None:
    rig = Rig()
    full = [rig.run(f"full{n}", {}, n, Memory=900) for n in (2, 3)]
    big = rig.run("big", ON, 1, Memory=500)
    rig.lose()
    rig.fleet.obey()
    assert rig.everywhere().count("big") == 1
    assert [e["Actor"]["Attributes"]["name"] for e in rig.events if "error" in str(e)] == ["big"]
    del rig.fleet.there[3][full[1]]
    rig.fleet.dispatch(news.ContainerGone(key_of(3), full[1]))
    rig.fleet.clock.advance(1.0)
    rig.fleet.obey()
    assert rig.fleet.names(3).get("big") == "running" and big in rig.intent.book.tombstones


def test_taken_off_the_list_is_not_lost() -> None:
    rig = Rig()
    rig.fleet.lose(1)
    rig.fleet.unlist(1)
    rig.fleet.clock.advance(10 * GRACE)
    assert rig.fleet.calls == [] and rig.events == []


@pytest.mark.parametrize("default", [False, True])
def test_who_says_nothing_follows_the_default(default: bool) -> None:
    rig = Rig(Rules(default=default, grace=GRACE))
    rig.run("quiet", {})
    rig.run("never", {KINDS["reschedule"]: '["off"]'})
    rig.lose()
    rig.fleet.obey()
    moved = {name for number in (2, 3) for name in rig.fleet.names(number)}
    assert moved == ({"web", "quiet"} if default else {"web"})


def test_only_an_operator_may_say_so() -> None:
    rig = Rig(Rules(grace=GRACE, confirm=True))
    engine = rig.fleet.state.engines[key_of(1)]
    with pytest.raises(Conflict):
        rig.rescheduler.declare_lost(engine)
    rig.lose(wait=10 * GRACE)
    assert rig.fleet.calls == [] and rig.rescheduler.waiting(engine) == ["web"]
    assert rig.rescheduler.declare_lost(engine) == ["web"]
    rig.fleet.obey()
    assert rig.fleet.names(2) == {"web": "running"}


def test_volumes_stop_it_with_a_reason() -> None:
    rig = Rig()
    rig.fleet.there[1][rig.old]["Mounts"] = [
        {"Type": "volume", "Name": "data", "Destination": "/d"}
    ]
    rig.fleet.listing(1)
    rig.lose()
    assert rig.fleet.calls == [] and rig.intent.book.losses == {}
    assert "volume data" in rig.events[0]["Actor"]["Attributes"]["error"]


def test_losses_and_tombstones_outlive_a_restart(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path)
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), True))
    rig.lose()
    assert list(Intent(str(tmp_path)).book.losses) == [rig.old]
    rig.rescheduler.stopService()
    assert rig.fleet.clock.getDelayedCalls() == []


def test_forgotten_ones_are_removed_when_they_are_back() -> None:
    rig = Rig()
    engine = rig.fleet.state.engines[key_of(1)]
    container = rig.fleet.state.containers[rig.old]
    with pytest.raises(Conflict):
        rig.rescheduler.forget(container, engine)
    rig.lose(wait=1.0)
    rig.rescheduler.forget(container, engine)
    assert not rig.fleet.state.name_taken("web")
    rig.fleet.clock.advance(GRACE)
    assert rig.fleet.calls == []
    rig.fleet.bring_back(1)
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]


def test_a_label_proves_it_where_the_tombstone_is_lost() -> None:
    """As after a restart without a state file."""
    rig = Rig()
    rig.run("web", {**ON, REPLACES: rig.old}, 2)
    rig.fleet.lose(1)
    rig.fleet.bring_back(1)
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]


@pytest.mark.parametrize(("name", "labels"), [("other", {**ON, REPLACES: ""}), ("web", ON)])
def test_without_proof_nothing_is_removed(name: str, labels: dict[str, str]) -> None:
    rig = Rig()
    proof = {REPLACES: rig.old} if name == "other" else {}
    rig.run(name, {**labels, **proof}, 2)
    rig.fleet.lose(1)
    rig.fleet.bring_back(1)
    assert rig.fleet.calls == []
