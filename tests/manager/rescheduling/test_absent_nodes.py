from __future__ import annotations

from dataclasses import replace

from twisted.internet.task import Clock

from swarmd.manager.nodes.operator_state import Loss
from swarmd.manager.rescheduling.absent_nodes import AbsentNodes, Rules

LOSS = Loss("a" * 64, "web", "a:1", "ID1", "node-1", True, {})


class Waiting:
    def __init__(self, rules: Rules) -> None:
        self.clock, self.lost = Clock(), list[str]()
        self.nodes = AbsentNodes(self.clock, rules, self.lost.append)


def test_a_node_is_lost_when_its_grace_is_over() -> None:
    waiting = Waiting(Rules(grace=10.0))
    waiting.nodes.begin("a:1", [LOSS])
    waiting.nodes.count("a:1")
    waiting.clock.advance(9.9)
    assert waiting.lost == [] and waiting.nodes.counts("a:1")
    waiting.clock.advance(0.2)
    assert waiting.lost == ["a:1"]


def test_one_that_says_anything_is_not() -> None:
    waiting = Waiting(Rules(grace=10.0))
    waiting.nodes.alive.add("a:1")
    waiting.nodes.begin("a:1", [LOSS])
    assert "a:1" in waiting.nodes and not waiting.nodes.counts("a:1")
    waiting.nodes.begin("a:1", [replace(LOSS, declared=True)])
    assert waiting.nodes.counts("a:1"), "an operator's word outweighs that"


def test_what_is_due_waits_for_whoever_does_the_work() -> None:
    waiting = Waiting(Rules(grace=10.0))
    waiting.nodes.begin("a:1", [LOSS])
    waiting.clock.advance(10.0)
    waiting.nodes.fall_due("a:1", [replace(LOSS, id="b" * 64)])
    waiting.nodes.count("a:1")
    waiting.clock.advance(100.0)
    assert waiting.lost == ["a:1"] and waiting.nodes.due == {"a:1"}
    assert [loss.id[0] for loss in waiting.nodes.end("a:1")] == ["a", "b"]
    assert not waiting.nodes.due and "a:1" not in waiting.nodes


def test_nothing_is_lost_where_people_decide() -> None:
    waiting = Waiting(Rules(grace=10.0, confirm=True))
    waiting.nodes.begin("a:1", [LOSS])
    waiting.clock.advance(100.0)
    assert waiting.lost == [] and waiting.nodes.losses("a:1") == [LOSS]


def test_the_wait_goes_on_in_another_process() -> None:
    before, after = Waiting(Rules(grace=10.0)), Waiting(Rules(grace=10.0))
    before.nodes.begin("a:1", [LOSS])
    before.clock.advance(6.0)
    for absence in before.nodes.absences():
        after.nodes.go_on(absence)
    before.nodes.end_all()
    after.clock.advance(4.0)
    assert after.lost == ["a:1"] and not before.clock.getDelayedCalls()
