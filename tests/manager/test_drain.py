from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmd.cluster import actions as news
from swarmd.core.errors import Unavailable
from swarmd.manager.aside import aside_name
from swarmd.manager.blueprint import MOVE, REPLACES
from swarmd.manager.drain import Drain, Drainer
from swarmd.manager.intent import Intent, NodeIntent
from swarmd.manager.mover import Mover
from swarmd.manager.networks import Networks
from swarmd.manager.placer import Placer
from swarmd.manager.plans import Plans
from swarmd.manager.relocate import Relocation
from swarmd.manager.vigil import Vigil
from swarmd.scheduler.registry import make_policy
from tests.cluster.fleet import key_of
from tests.manager.scripted import ScriptedFleet


class Rig:
    def __init__(self, folder: Path | None = None) -> None:
        self.fleet = ScriptedFleet()
        self.intent = Intent(str(folder) if folder else None)
        mover = Mover(self.fleet, self.fleet.creator(), Plans(self.fleet.clock.seconds))
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        relocation = Relocation(self.fleet, mover)
        networks = Networks(self.fleet, placer)
        self.drainer = Drainer(self.fleet, relocation, networks, self.intent)
        Vigil(self.fleet.state, (self.drainer,))
        self.drainer.startService()

    @property
    def node(self) -> Any:
        return self.fleet.state.engines[key_of(1)]

    def run(self, name: str, number: int = 1, state: str = "running", **labels: str) -> str:
        body = {"Image": "busybox", "Labels": {k.replace("_", "."): v for k, v in labels.items()}}
        container_id = self.fleet.make(number, body, name)
        self.fleet.there[number][container_id]["State"] = {"Status": state}
        self.fleet.listing(number)
        return container_id

    def put_aside(self, name: str, state: str) -> str:
        container_id = self.run(name, state=state)
        aside = aside_name(self.fleet.state.containers[container_id])
        self.fleet.there[1][container_id]["Name"] = f"/{aside}"
        self.fleet.listing(1)
        return container_id

    def replacement(self, old: str, name: str, state: str) -> None:
        body = {"Image": "busybox", "Labels": {REPLACES: old}}
        made = self.fleet.make(2, body, name)
        self.fleet.there[2][made]["State"] = {"Status": state}
        self.fleet.listing(2)

    def everyone_comes(self) -> None:
        self.come(*self.fleet.there)

    def come(self, *numbers: int) -> None:
        for number in numbers:
            self.fleet.dispatch(news.EngineAnswered(key_of(number), 0.0))


def status(drain: Drain) -> dict[str, str]:
    return {line["Name"]: line["Status"] for line in drain.lines if "Name" in line}


def test_in_this_order() -> None:
    rig = Rig()
    old = rig.run("web")
    drain = rig.drainer.drain(rig.node)
    assert rig.node.cordoned and rig.drainer.draining(rig.node)
    assert rig.drainer.drain(rig.node) is drain
    assert rig.fleet.obey() == [
        "GET 1 json",
        "POST 1 rename",
        "POST 2 create",
        "POST 1 stop",
        "POST 2 start",
        f"DELETE 1 {old}",
    ]
    assert rig.fleet.names(1) == {} and rig.fleet.names(2) == {"web": "running"}
    assert drain.lines[-1] == {
        "Node": "node-1", "Done": True, "Stopped": False, "Moved": 1, "Stays": 0, "Failed": 0,
    }  # fmt: skip
    assert not rig.drainer.draining(rig.node) and rig.node.cordoned
    assert rig.intent.node(key_of(1)) == NodeIntent(cordoned=True)
    assert drain.over.called and not rig.fleet.state.reservations.pending


@pytest.mark.parametrize("step", ["create", "stop", "start"])
def test_a_step_that_fails_is_undone(step: str) -> None:
    rig = Rig()
    old = rig.run("web")
    drain = rig.drainer.drain(rig.node)
    while not rig.fleet.calls[0].path.split("?")[0].endswith(step):
        rig.fleet.act(rig.fleet.calls.pop(0))
    rig.fleet.calls.pop(0).answer(400)
    rig.fleet.obey()
    assert status(drain) == {"web": "failed"}
    assert rig.fleet.names(1) == {"web": "running"} and old in rig.fleet.there[1]
    assert rig.fleet.names(2) == rig.fleet.names(3) == {}
    assert rig.fleet.state.containers[old].name == "web"


def test_without_room_nothing_is_stopped() -> None:
    rig = Rig()
    rig.run("web")
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), True))
    drain = rig.drainer.drain(rig.node)
    assert "POST 1 stop" not in rig.fleet.obey()
    assert status(drain) == {"web": "failed"} and rig.fleet.names(1) == {"web": "running"}


def test_what_stays() -> None:
    rig = Rig()
    rig.run("ended", state="exited")
    rig.run("paused", state="paused")
    rig.run("never", **{MOVE.replace(".", "_"): "never"})
    drain = rig.drainer.drain(rig.node)
    rig.fleet.obey()
    assert set(status(drain).values()) == {"stays"} and len(rig.fleet.names(1)) == 3


def test_only_a_node_that_answers_is_drained() -> None:
    rig = Rig()
    rig.fleet.lose(1)
    with pytest.raises(Unavailable):
        rig.drainer.drain(rig.node)


def test_an_end_by_the_operator_lets_moves_end() -> None:
    rig = Rig()
    for number in range(6):
        rig.run(f"web{number}")
    drain = rig.drainer.drain(rig.node)
    rig.drainer.stop(key_of(1))
    rig.fleet.obey()
    assert drain.lines[-1]["Stopped"] and drain.lines[-1]["Moved"] == 4
    assert len(rig.fleet.names(1)) == 2


def test_a_drain_goes_on_after_a_restart(tmp_path: Path) -> None:
    Intent(str(tmp_path)).set_node(key_of(1), NodeIntent(cordoned=True, draining=True))
    rig = Rig(tmp_path)
    rig.run("web")
    rig.fleet.dispatch(news.EngineCordoned(key_of(1), True))
    rig.everyone_comes()
    assert rig.drainer.draining(rig.node)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {} and not rig.intent.node(key_of(1)).draining


@pytest.mark.parametrize("old_state", ["running", "exited"])
def test_a_move_left_half_done_is_undone(old_state: str) -> None:
    rig = Rig()
    old = rig.put_aside("web", old_state)
    rig.replacement(old, "web", "created")
    rig.everyone_comes()
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"} and rig.fleet.names(2) == {}


def test_a_move_that_only_lacked_the_removal_is_ended() -> None:
    rig = Rig()
    old = rig.put_aside("web", "exited")
    rig.replacement(old, "web", "running")
    rig.everyone_comes()
    rig.fleet.obey()
    assert rig.fleet.names(1) == {} and rig.fleet.names(2) == {"web": "running"}


def test_as_long_as_a_node_is_missing_nothing_is_undone() -> None:
    rig = Rig()
    rig.put_aside("web", "exited")
    rig.fleet.lose(3)
    rig.come(1, 2)
    assert rig.fleet.obey() == []
    rig.fleet.bring_back(3)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"}


def test_who_listens_late_hears_everything() -> None:
    drain = Drain("node-1")
    drain.tell(Status="moving")
    heard: list[Any] = []
    end = drain.follow(heard.append)
    drain.tell(Status="moved")
    end()
    drain.tell(Done=True)
    assert [line["Status"] for line in heard] == ["moving", "moved"]
