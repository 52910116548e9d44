from __future__ import annotations

import orjson
import pytest

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
