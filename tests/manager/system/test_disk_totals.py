from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.request.scope import Scope
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.system.disk_totals import added, counted_up
from swarmd.manager.system.disk_usage import merged
from swarmd.streams.link import Answer


def totals(active: int, total: int, freed: int, size: int) -> dict[str, int]:
    return {"ActiveCount": active, "TotalCount": total, "Reclaimable": freed, "TotalSize": size}


def outcome(name: str, body: dict[str, Any]) -> Outcome:
    return Outcome(EngineRecord(name, name, name=name), Answer(200, [], b""), value=body)


def test_what_engines_say_is_added_up() -> None:
    assert added([totals(1, 2, 3, 4), {}, {**totals(1, 1, 1, 1), "TotalSize": "x"}]) == totals(
        2, 3, 4, 4
    )


@pytest.mark.parametrize(
    ("kind", "used", "idle"),
    [
        ("ImageUsage", {"Size": 5, "Containers": 1}, {"Size": 2, "Containers": 0}),
        ("ContainerUsage", {"SizeRw": 5, "State": "running"}, {"SizeRw": 2, "State": "exited"}),
        ("VolumeUsage", {"UsageData": {"Size": 5, "RefCount": 1}}, {"UsageData": {"Size": 2}}),
        ("BuildCacheUsage", {"Size": 5, "InUse": True}, {"Size": 2, "InUse": False}),
    ],
)
def test_rows_are_counted_up(kind: str, used: dict[str, Any], idle: dict[str, Any]) -> None:
    assert counted_up(kind, [used, idle]) == totals(1, 2, 2, 7)


ONE = {"VolumeUsage": {**totals(1, 2, 3, 4), "Items": [{"Name": "a"}, {"Name": "b"}]}}
TWO = {"VolumeUsage": {**totals(1, 1, 0, 9), "Items": [{"Name": "a"}]}}


def test_totals_of_a_fleet_with_its_rows_as_in_every_list() -> None:
    whole = merged([outcome("node-1", ONE), outcome("node-2", TWO)], ())
    names = [{"Name": "node-1/a"}, {"Name": "b"}, {"Name": "node-2/a"}]
    assert whole == {"VolumeUsage": {**totals(2, 3, 3, 13), "Items": names}}
    assert merged([outcome("n", {"VolumeUsage": totals(0, 0, 0, 0)})], ["volume"]) == {
        "VolumeUsage": totals(0, 0, 0, 0)
    }


def test_of_a_scope_only_its_own_is_summed_up() -> None:
    mine = {"Name": "a", "Labels": {"team": "x"}, "UsageData": {"Size": 5, "RefCount": 0}}
    body = {"VolumeUsage": {**totals(9, 9, 9, 9), "Items": [mine, {"Name": "b"}]}}
    own = merged([outcome("node-1", body)], (), Scope("team", "x"), verbose=False)
    assert own == {"VolumeUsage": totals(0, 1, 5, 5)}


def test_of_a_scope_older_rows_tell_as_well() -> None:
    image = {"Id": "i", "Labels": {"team": "x"}, "Size": 5, "Containers": 2}
    body = {"Images": [image, {"Id": "j"}], "LayersSize": 9, "ImageUsage": totals(9, 9, 9, 9)}
    own = merged([outcome("node-1", body)], (), Scope("team", "x"), verbose=False)
    assert own == {"Images": [image], "LayersSize": 5, "ImageUsage": totals(1, 1, 0, 5)}
