from __future__ import annotations

import orjson
import pytest

from swarmd.core.request.scope import Scope
from tests.api.case import Case


@pytest.fixture
def case() -> Case:
    return Case()


def test_df_says_who_is_missing(case: Case) -> None:
    case.ask("GET", "/system/df?type=image")
    case.json(1, 200, {"LayersSize": 3, "Images": []})
    case.rig.end(2).dies()
    [(head, body)] = case.client.answers()
    assert orjson.loads(body) == {"LayersSize": 3, "Images": []}
    assert b"node-2" in (head.get(b"warning") or b"")


def test_df_without_a_single_answer(case: Case) -> None:
    case.ask("GET", "/system/df")
    case.rig.end(1).dies()
    case.rig.end(2).dies()
    assert case.answer[0] == 503


def test_an_unknown_type(case: Case) -> None:
    case.ask("GET", "/system/df?type=cats")
    assert case.answer[0] == 400


def test_of_a_scope_the_rows_are_asked_for() -> None:
    case = Case(api_max=(1, 55))
    case.rig.fleet.scope = Scope("team", "x")
    case.ask("GET", "/system/df?type=volume&verbose=0")
    assert b" /v1.55/system/df?type=volume&verbose=1 " in case.sent(1)
    own = {"Name": "v", "Labels": {"team": "x"}, "UsageData": {"Size": 5, "RefCount": 0}}
    counts = {"ActiveCount": 9, "TotalCount": 9, "Reclaimable": 9, "TotalSize": 9}
    case.json(1, 200, {"VolumeUsage": {**counts, "Items": [own, {"Name": "w"}]}})
    case.json(2, 200, {"VolumeUsage": {**counts, "Items": []}})
    status, body = case.answer
    sums = {"ActiveCount": 0, "TotalCount": 1, "Reclaimable": 5, "TotalSize": 5}
    assert (status, orjson.loads(body)) == (200, {"VolumeUsage": sums})
