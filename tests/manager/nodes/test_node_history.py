from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.cluster.history import INTERVAL
from swarmd.manager.nodes.node_history import NodeHistory
from tests.cluster.fleet import key_of
from tests.manager.scripted import ScriptedFleet


def test_nodes_are_sampled_while_it_runs() -> None:
    fleet = ScriptedFleet(1)
    history = NodeHistory(fleet)
    engine = fleet.state.engines[key_of(1)]
    assert len(history.of(engine)) == 1
    history.startService()
    fleet.clock.advance(INTERVAL)
    fleet.clock.advance(INTERVAL)
    assert len(history.of(engine)) == 4
    history.stopService()
    fleet.clock.advance(INTERVAL)
    assert len(history.of(engine)) == 4


def test_of_a_node_that_was_never_there_nothing_is_kept() -> None:
    fleet = ScriptedFleet(1)
    fleet.dispatch(news.EngineListed("10.9.9.9:2375", "10.9.9.9:2375"))
    history = NodeHistory(fleet)
    history.startService()
    assert len(history.of(fleet.state.engines["10.9.9.9:2375"])) == 1
    history.stopService()
