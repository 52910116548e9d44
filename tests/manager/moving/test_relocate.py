from __future__ import annotations

import pytest

from swarmd.cluster import actions as news
from swarmd.manager.moving.blueprint import MOVE
from swarmd.manager.nodes.operator_state import NodeIntent
from tests.cluster.fleet import key_of
from tests.manager.moving.rig import Rig, status
from tests.manager.rig import result_of


def test_in_this_order() -> None:
    rig = Rig()
    old = rig.run("web")
    drain = result_of(rig.drainer.drain(rig.node))
    assert rig.node.cordoned and rig.drainer.draining(rig.node)
    assert result_of(rig.drainer.drain(rig.node)) is drain
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
    assert rig.operator_state.node(key_of(1)) == NodeIntent(cordoned=True)
    assert drain.over.called and not rig.fleet.state.reservations.pending


@pytest.mark.parametrize("step", ["create", "stop", "start"])
def test_a_step_that_fails_is_undone(step: str) -> None:
    rig = Rig()
    old = rig.run("web")
    drain = result_of(rig.drainer.drain(rig.node))
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
    drain = result_of(rig.drainer.drain(rig.node))
    assert "POST 1 stop" not in rig.fleet.obey()
    assert status(drain) == {"web": "failed"} and rig.fleet.names(1) == {"web": "running"}


def test_what_stays() -> None:
    rig = Rig()
    rig.run("ended", state="exited")
    rig.run("paused", state="paused")
    rig.run("never", **{MOVE.replace(".", "_"): "never"})
    drain = result_of(rig.drainer.drain(rig.node))
    rig.fleet.obey()
    assert set(status(drain).values()) == {"stays"} and len(rig.fleet.names(1)) == 3


def test_what_was_started_a_moment_ago_is_moved() -> None:
    """Its engine knows, before a list has told."""
    rig = Rig()
    old = rig.run("web", state="created")
    rig.fleet.there[1][old]["State"] = {"Status": "running"}
    drain = result_of(rig.drainer.drain(rig.node))
    rig.fleet.obey()
    assert status(drain) == {"web": "moved"}


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
