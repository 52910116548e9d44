from __future__ import annotations

from dataclasses import replace

import pytest

from swarmd.cluster import actions as news
from swarmd.manager.nodes.node_change import NodeChange
from swarmd.manager.nodes.node_events import NodeEvents
from swarmd.manager.nodes.operator_state import NodeIntent
from swarmd.manager.nodes.watcher import NodeWatcher
from swarmd.manager.system.event_query import NANOS, EventQuery
from tests.cluster.fleet import NOW, key_of, spec
from tests.manager.moving.rig import Rig as DrainRig
from tests.manager.nodes.test_operator import operator
from tests.manager.rig import result_of
from tests.manager.scripted import ScriptedFleet

KEY = key_of(9)


class Diary:
    """A fleet whose changes of nodes are written down."""

    def __init__(self, fleet: ScriptedFleet | None = None, *watchers: object) -> None:
        self.fleet = fleet or ScriptedFleet()
        self.fleet.lists = 2
        self.changes: list[NodeChange] = []
        events = NodeEvents(self.fleet, self.changes.append)
        NodeWatcher(self.fleet.state, (*watchers, events))  # type: ignore[arg-type]

    def take(self) -> list[str]:
        words = [change.words() for change in self.changes]
        self.changes.clear()
        return words

    def join(self) -> None:
        self.fleet.dispatch(news.EngineListed(KEY, KEY))

    def answer(self, number: int = 9) -> None:
        self.fleet.dispatch(news.EngineValidated(KEY, spec(number), NOW))
        self.fleet.dispatch(news.EngineAnswered(KEY, NOW))

    def fall(self, reason: str) -> None:
        self.fleet.dispatch(news.EngineFailed(KEY, reason, NOW, fatal=True))


@pytest.fixture
def diary() -> Diary:
    diary = Diary()
    diary.join()
    diary.answer()
    return diary


def test_each_change_once(diary: Diary) -> None:
    assert diary.take() == [f"node {KEY} joined the list", f"node node-9 ({KEY}) is up"]
    for _ in range(2):
        for _ in range(3):
            diary.fall("Connection refused")
        for _ in range(3):
            diary.answer()
    fall, rise = f"node node-9 ({KEY}) is down: Connection refused", f"node node-9 ({KEY}) is up"
    assert diary.take() == [fall, rise] * 2
    diary.fleet.dispatch(news.EngineListed(KEY, KEY, labels={"a": "b"}))
    assert diary.take() == []
    diary.fleet.dispatch(news.EngineUnlisted(KEY))
    assert diary.take() == [f"node node-9 ({KEY}) left the list; its containers run on"]


def test_the_list_that_swarmd_starts_with_is_nobodys_joining() -> None:
    diary = Diary()
    diary.fleet.lists = 1
    diary.join()
    assert diary.take() == []


def test_another_engine_at_the_same_address(diary: Diary) -> None:
    diary.take()
    diary.fleet.dispatch(news.EngineValidated(KEY, replace(spec(9), id="OTHER"), NOW))
    diary.fleet.dispatch(news.EngineAnswered(KEY, NOW))
    actions = [(change.action, change.about) for change in diary.changes]
    reason = {"reason": "another engine answers here now"}
    assert actions == [("replaced", {"was": "ENGINE-9"}), ("down", reason), ("up", {})]
    assert "is another engine now: OTHER in place of ENGINE-9" in diary.take()[0]


def test_a_node_that_is_refused_falls_under_the_name_that_it_had(diary: Diary) -> None:
    diary.take()
    diary.fleet.dispatch(news.EngineRejected(KEY, "too old", NOW))
    assert diary.take() == [f"node node-9 ({KEY}) is down: too old"]


def test_what_an_operator_does_once_is_told_once(diary: Diary) -> None:
    diary.take()
    for cordoned in (True, True, False, False):
        diary.fleet.dispatch(news.EngineCordoned(KEY, cordoned))
    assert [change.action for change in diary.changes] == ["cordon", "uncordon"]


def test_what_was_decided_before_a_restart_is_no_event() -> None:
    rig = DrainRig()
    result_of(rig.operator_state.change_node(KEY, lambda _: NodeIntent(cordoned=True)))
    diary = Diary(rig.fleet, operator(rig))
    diary.join()
    assert [change.action for change in diary.changes] == ["joined"]
    diary.fleet.dispatch(news.EngineCordoned(KEY, False))
    assert diary.changes[-1].action == "uncordon"


def test_a_drain_from_its_beginning_to_its_end() -> None:
    rig = DrainRig()
    diary = Diary(rig.fleet)
    for number in (1, 2, 3):
        rig.fleet.dispatch(news.EngineListed(key_of(number), key_of(number)))
    diary.changes.clear()
    rig.run("web")
    result_of(rig.drainer.drain(rig.node))
    rig.fleet.obey()
    assert [change.action for change in diary.changes] == ["cordon", "drain", "drained"]
    assert diary.changes[-1].about == {"moved": "1", "stays": "0", "failed": "0"}
    assert "is drained and stays cordoned: 1 moved, 0 stay, 0 failed" in diary.changes[-1].words()


def test_a_drain_that_was_ended_is_no_drained_node() -> None:
    rig = DrainRig()
    diary = Diary(rig.fleet)
    rig.fleet.dispatch(news.EngineListed(key_of(1), key_of(1)))
    rig.run("web")
    result_of(rig.drainer.drain(rig.node))
    rig.drainer.stop(key_of(1))
    rig.fleet.obey()
    assert "drained" not in [change.action for change in diary.changes]


def test_clients_hear_of_it_and_may_ask_later(diary: Diary) -> None:
    heard: list[dict[str, object]] = []
    diary.fleet.hub.subscribe(lambda event: heard.append(event.record))
    diary.fall("no {was}")
    (record,) = heard
    assert (record["Type"], record["Action"], record["scope"]) == ("node", "down", "swarm")
    attributes = record["Actor"]["Attributes"]  # type: ignore[index]
    assert attributes["name"] == attributes["node.name"] == "node-9"
    assert attributes["reason"] == "no {was}"
    past = diary.fleet.hub.past(0, int(diary.fleet.now() * NANOS))
    assert [event.record["Action"] for event in past] == ["joined", "up", "down"]


@pytest.mark.parametrize(
    ("filters", "accepted"),
    [
        ('{"type":["node"]}', True),
        ('{"type":["container"]}', False),
        ('{"event":["down"]}', True),
        ('{"event":["up"]}', False),
        ('{"node":["node-9"]}', True),
        ('{"node":["ENGINE-9"]}', True),
        ('{"node":["node-8"]}', False),
        ('{"scope":["swarm"]}', True),
    ],
)
def test_filters(diary: Diary, filters: str, accepted: bool) -> None:
    diary.fall("x")
    query = EventQuery.of(lambda key: filters if key == "filters" else "")
    assert query.accepts(diary.changes[-1].record(NOW)) is accepted
