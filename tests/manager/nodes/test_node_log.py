from __future__ import annotations

import pytest
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs

from swarmd.manager.nodes.node_change import NodeChange, NodeIdentity
from swarmd.manager.nodes.node_log import MOST, MOST_OF_ONE, MOST_SUMS, WINDOW, NodeLog


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.log = NodeLog(self.clock)
        self.log.startService()

    def report(self, action: str, number: int = 1) -> None:
        name = f"host{number}"
        node = NodeIdentity(name, name, "", name, "")
        self.log.report(NodeChange(action, node, {"reason": "no\nroute"}))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_fall_is_a_warning_and_a_recovery_is_not(rig: Rig) -> None:
    with capturedLogs() as logs:
        rig.report("down")
        rig.report("up")
    told = [(each["log_level"], each["words"]) for each in logs]
    fall = "node host1 is down: no\\nroute"
    assert told == [(LogLevel.warn, fall), (LogLevel.info, "node host1 is up")]


def test_a_node_that_flaps_is_counted_not_kept_silent(rig: Rig) -> None:
    with capturedLogs() as logs:
        for _ in range(50):
            rig.report("down")
            rig.report("up")
        assert len(logs) == MOST_OF_ONE
        rig.report("down", 2)  # others are told all the same, and what operators do
        rig.report("cordon")
        rig.clock.advance(WINDOW)
    assert len(logs) == MOST_OF_ONE + 3
    assert logs[-3]["words"].startswith("node host2 is down")
    assert logs[-2]["words"] == "node host1 is cordoned"
    more = 100 - MOST_OF_ONE
    summed = f"node host1 is up (it changed {more} times more, which was not logged)"
    assert logs[-1]["words"] == summed


def test_the_next_minute_begins_anew(rig: Rig) -> None:
    for _ in range(50):
        rig.report("down")
    rig.clock.advance(WINDOW)
    with capturedLogs() as logs:
        rig.report("up")
    assert [each["words"] for each in logs] == ["node host1 is up"]


def test_a_thousand_nodes_that_come_at_once(rig: Rig) -> None:
    with capturedLogs() as logs:
        for number in range(1000):
            rig.report("up", number)
        rig.clock.advance(WINDOW)
    assert len(logs) == MOST + MOST_SUMS + 1
    assert (logs[-1]["nodes"], logs[-1]["counts"]) == (
        1000 - MOST - MOST_SUMS,
        f"{1000 - MOST - MOST_SUMS} up",
    )


def test_what_was_left_out_is_told_at_the_end(rig: Rig) -> None:
    with capturedLogs() as logs:
        for _ in range(MOST_OF_ONE + 1):
            rig.report("down")
        rig.log.stopService()
    assert "once more" in logs[-1]["words"] and not rig.clock.getDelayedCalls()
