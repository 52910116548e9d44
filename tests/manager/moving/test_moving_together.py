"""Containers of one network are moved all together, or not at all."""

from __future__ import annotations

import pytest

from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine
from swarmd.manager.moving import drain as drain_module
from swarmd.manager.moving.blueprint import MOVE
from swarmd.manager.moving.drain import Drain
from tests.manager.moving.rig import Rig, status
from tests.manager.rig import result_of


def one_group(engine: Engine) -> list[list[Container]]:
    return [sorted(engine.containers.values(), key=lambda one: one.name)]


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A drainer of a node whose containers are all on one network of it."""
    monkeypatch.setattr(drain_module, "groups", one_group)
    return Rig()


def reason(drain: Drain, name: str) -> str:
    lines = [line for line in drain.lines if line.get("Name") == name and "Reason" in line]
    return str(lines[-1]["Reason"])


def test_all_are_made_before_one_stops_and_all_run_before_one_goes(rig: Rig) -> None:
    for name in ("db", "web"):
        rig.run(name)
    drain = result_of(rig.drainer.drain(rig.node))
    verbs = [call.split()[0] + " " + call.split()[2][:6] for call in rig.fleet.obey()]
    made = max(n for n, verb in enumerate(verbs) if verb == "POST create")
    assert made < min(n for n, verb in enumerate(verbs) if verb == "POST stop")
    started = max(n for n, verb in enumerate(verbs) if verb == "POST start")
    assert started < min(n for n, verb in enumerate(verbs) if verb.startswith("DELETE"))
    assert status(drain) == {"db": "moved", "web": "moved"} and rig.fleet.names(1) == {}


def test_one_that_stays_keeps_all(rig: Rig) -> None:
    rig.run("db", **{MOVE.replace(".", "_"): "never"})
    rig.run("web")
    drain = result_of(rig.drainer.drain(rig.node))
    assert not [call for call in rig.fleet.obey() if call.startswith("POST")]
    assert status(drain) == {"db": "stays", "web": "stays"}
    assert reason(drain, "web") == (
        "it shares networks of this node with db, which cannot be moved"
    )
    assert drain.lines[-1]["Stays"] == 2 and drain.lines[-1]["Failed"] == 0


def test_one_that_has_ended_keeps_nobody(rig: Rig) -> None:
    rig.run("migrate", state="exited")
    rig.run("web")
    drain = result_of(rig.drainer.drain(rig.node))
    rig.fleet.obey()
    assert status(drain) == {"migrate": "stays", "web": "moved"}


def test_one_that_is_paused_keeps_all(rig: Rig) -> None:
    rig.run("db", state="paused")
    rig.run("web")
    drain = result_of(rig.drainer.drain(rig.node))
    rig.fleet.obey()
    assert status(drain) == {"db": "stays", "web": "stays"}


@pytest.mark.parametrize("step", ["create", "stop", "start"])
@pytest.mark.parametrize("which", [1, 2])
def test_one_that_fails_takes_all_back(rig: Rig, step: str, which: int) -> None:
    for name in ("db", "web"):
        rig.run(name)
    drain = result_of(rig.drainer.drain(rig.node))
    met = 0
    while met < which:
        call = rig.fleet.calls.pop(0)
        met += call.path.split("?")[0].endswith(step)
        if met < which:
            rig.fleet.act(call)
    call.answer(400)
    rig.fleet.obey()
    assert sorted(status(drain).values()) == ["failed", "stays"]
    assert rig.fleet.names(1) == {"db": "running", "web": "running"}
    assert rig.fleet.names(2) == rig.fleet.names(3) == {}
    assert not rig.fleet.state.reservations.pending
