"""What each engine is asked to prune, by its age."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.core.errors import ApiError
from swarmd.manager.volumes.volume_prune import VolumePrune
from tests.manager.rig import Rig, result_of

OLD, NEW = (1, 41), (1, 44)
ANONYMOUS, USED = "a" * 64, "b" * 64


def rig(*ages: tuple[int, int]) -> Rig:
    made = Rig(0)
    for number, age in enumerate(ages, 1):
        made.add(number, api_max=age)
    deleted = {"VolumesDeleted": ["gone"], "SpaceReclaimed": 5}
    made.on_all("POST", "/volumes/prune", (200, deleted))
    listed = {"Volumes": [{"Name": "named"}, {"Name": ANONYMOUS}, {"Name": USED}]}
    made.on_all("GET", "/volumes", (200, listed))
    made.on_all("DELETE", f"/volumes/{ANONYMOUS}", (204, None))
    made.on_all("DELETE", f"/volumes/{USED}", (409, {"message": "in use"}))
    return made


def prune(made: Rig, asked: tuple[int, int], **filters: tuple[str, ...]) -> dict[str, Any]:
    def target(engine: Any) -> str:
        return "/volumes/prune?as=it-came"

    return result_of(VolumePrune(made.fleet, asked, filters, target).run())


def test_it_is_passed_on_where_it_means_the_same() -> None:
    made = rig(NEW, NEW)
    assert prune(made, NEW) == {"VolumesDeleted": ["gone", "gone"], "SpaceReclaimed": 10}
    assert made.wire(1).asked == [("POST", "/volumes/prune?as=it-came")]
    old = rig(OLD)
    assert prune(old, OLD) == {"VolumesDeleted": ["gone"], "SpaceReclaimed": 5}


def test_named_ones_stay_on_old_engines() -> None:
    made = rig(OLD, NEW)
    assert prune(made, NEW, label=("x=y",))["VolumesDeleted"] == ["gone", ANONYMOUS]
    (_, listed), *deleted = made.wire(1).asked
    assert "dangling" in listed and "x%3Dy" in listed
    assert [target for _, target in deleted] == [
        f"/v1.41/volumes/{ANONYMOUS}",
        f"/v1.41/volumes/{USED}",
    ]


def test_all_is_what_old_engines_do_anyway() -> None:
    made = rig(OLD)
    prune(made, NEW, all=("true",))
    ((_, target),) = made.wire(1).asked
    assert target.startswith("/v1.41/volumes/prune?") and "all" not in target


def test_a_node_that_fails_is_told() -> None:
    made = rig(OLD, NEW)
    made.wire(1).on("GET", "/volumes", (500, {"message": "disk on fire"}))
    body = prune(made, NEW)
    assert body["VolumesDeleted"] == ["gone"] and "node-1: disk on fire" in body["Warnings"][0]
    made.wires["node-1"].rules.clear()
    made.wires["node-2"].rules.clear()
    with pytest.raises(ApiError, match="connection refused"):
        prune(made, NEW)


def test_lists_are_read_again() -> None:
    made = rig(NEW)
    prune(made, NEW)
    assert "volumes" in made.engine(1).stale
    assert orjson.dumps(prune(made, NEW))
