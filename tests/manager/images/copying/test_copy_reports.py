"""What people learn of the copies of built images."""

from __future__ import annotations

from typing import Any

from swarmd.core.model import Image
from swarmd.manager.images.copying.copy_reports import MOST, CopyReports
from tests.manager.rig import Rig

IMAGE = Image("sha256:" + "c" * 64, ("new:1",))


def test_a_copy_that_failed_is_told_until_it_is_made() -> None:
    rig = Rig(2)
    events: list[dict[str, Any]] = []
    rig.hub.subscribe(lambda event: events.append(event.record))
    reports = CopyReports(rig.fleet)
    reports.failed("new:1", IMAGE, rig.engine(2), "no space left")
    assert rig.engine(2).warnings == ("image new:1 was built, but not distributed: no space left",)
    reports.copied("new:1", IMAGE, rig.engine(2))
    assert rig.engine(2).warnings == ()
    assert [event["Action"] for event in events] == ["distribute_failed", "distribute"]
    attributes = events[0]["Actor"]["Attributes"]
    assert (attributes["name"], attributes["error"]) == ("new:1", "no space left")
    assert attributes["node.name"] == "node-2"


def test_a_node_on_which_nothing_works_is_no_flood() -> None:
    rig = Rig(1)
    reports = CopyReports(rig.fleet)
    for number in range(MOST + 3):
        reports.failed(f"new:{number}", IMAGE, rig.engine(1), "no space left")
    assert len(rig.engine(1).warnings) == MOST
    assert "new:7" in rig.engine(1).warnings[-1]
