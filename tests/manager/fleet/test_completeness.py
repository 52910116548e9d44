from __future__ import annotations

from swarmd.core.errors import NotFound
from swarmd.manager.fleet.completeness import outdated, unanswered, unasked
from swarmd.manager.fleet.fanout import Outcome
from tests.manager.rig import Rig


def test_doubts() -> None:
    rig = Rig(3)
    assert outdated(rig.fleet, "images") == unasked(rig.fleet) == []
    rig.state.mark_stale(rig.engine(1).key, "images")
    rig.lose(2)
    assert outdated(rig.fleet, "images") == [
        "node node-2 is unhealthy: no answer",
        "node node-1 did not answer in time: its images may be out of date",
    ]
    assert unasked(rig.fleet) == ["node-2: no answer"]
    outcomes = [Outcome(rig.engine(1), error=NotFound("no")), Outcome(rig.engine(3))]
    assert unanswered(outcomes) == ["node-1: no"]
