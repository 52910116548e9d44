from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmd.cluster import actions as news
from swarmd.core.errors import Unavailable
from swarmd.manager.containers.reconcile import CERTAIN, PAUSE
from swarmd.manager.moving.drain import Drain
from swarmd.manager.nodes.operator_state import NodeIntent, OperatorState
from tests.cluster.fleet import item, key_of
from tests.manager.moving.rig import Rig
from tests.manager.rig import result_of


def test_only_a_node_that_answers_is_drained() -> None:
    rig = Rig()
    rig.fleet.lose(1)
    with pytest.raises(Unavailable):
        result_of(rig.drainer.drain(rig.node))


def test_an_end_by_the_operator_lets_moves_end() -> None:
    rig = Rig()
    for number in range(6):
        rig.run(f"web{number}")
    drain = result_of(rig.drainer.drain(rig.node))
    rig.drainer.stop(key_of(1))
    rig.fleet.obey()
    assert drain.lines[-1]["Stopped"] and drain.lines[-1]["Moved"] == 4
    assert len(rig.fleet.names(1)) == 2


def test_a_drain_goes_on_after_a_restart(tmp_path: Path) -> None:
    result_of(
        OperatorState(str(tmp_path)).change_node(
            key_of(1), lambda _: NodeIntent(cordoned=True, draining=True)
        )
    )
    rig = Rig(tmp_path)
    rig.run("web")
    rig.fleet.dispatch(news.EngineCordoned(key_of(1), True))
    rig.everyone_comes()
    assert rig.drainer.draining(rig.node)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {} and not rig.operator_state.node(key_of(1)).draining


def test_who_listens_late_hears_everything() -> None:
    drain = Drain("node-1")
    drain.report(Status="moving")
    heard: list[Any] = []
    end = drain.follow(heard.append)
    drain.report(Status="moved")
    end()
    drain.report(Done=True)
    assert [line["Status"] for line in heard] == ["moving", "moved"]


def test_a_container_that_its_engine_put_aside_late_is_put_back() -> None:
    """The rename was given up when the engine was lost; thawed, it carries that out."""
    rig = Rig()
    old = rig.run("web")
    rig.everyone_comes()
    aside = f"web.moving-{old[:12]}"
    rig.fleet.there[1][old]["Name"] = f"/{aside}"
    entry = {**item(1, aside), "Id": old}
    at = rig.fleet.clock.seconds() + 1
    action = news.ContainersListed(key_of(1), [entry], at, rig.fleet.now(), frozenset({old}))
    rig.fleet.dispatch(action)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"}


def test_a_container_is_put_back_once_its_name_is_certainly_free() -> None:
    """The new one may still be made as long as its engine has not said that nobody has the name."""
    rig = Rig()
    old = rig.run("web")
    rig.everyone_comes()
    result_of(rig.drainer.drain(rig.node))
    calls = rig.fleet.calls
    while not calls[0].path.endswith("/create"):
        rig.fleet.obey_one()
    for _ in range(2):  # the create, and the question what became of it
        calls.pop(0).break_off()
    rig.fleet.obey()
    assert rig.fleet.names(1) == {f"web.moving-{old[:12]}": "running"}
    for _ in range(CERTAIN):
        rig.fleet.clock.advance(PAUSE)
        rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"}


def test_a_container_that_is_tried_again_counts_once() -> None:
    drain = Drain("node-1")
    for container, status in (("a", "stays"), ("b", "failed"), ("a", "moving"), ("a", "stays")):
        drain.report(Container=container, Status=status)
    drain.report(Status="begun", Containers=1)
    drain.report(Container="b", Status="moved")
    assert [drain.count(word) for word in ("moved", "stays", "failed")] == [1, 1, 0]
