from __future__ import annotations

from typing import Any

import pytest

from swarmd.manager.moving.drain import Drain
from swarmd.ui.markup import foreign
from swarmd.ui.pages.drain_progress import MOST, newest, progress
from tests.ui.rig import HOSTILE, document


def drain(total: int, *lines: dict[str, Any]) -> Drain:
    made = Drain("node-1", total)
    for line in lines:
        made.report(**line)
    return made


def line(number: int, status: str, **more: str) -> dict[str, Any]:
    return {"Container": f"{number:064d}", "Name": f"web-{number}", "Status": status, **more}


def test_how_far_it_is() -> None:
    going = drain(
        4, line(1, "moving"), line(1, "moved", To="node-2", As="f" * 64), line(2, "moving"),
        line(3, "stays", Reason=HOSTILE),
    )  # fmt: skip
    found = document(progress(going, going=True))
    assert "2 of 4 containers are dealt with: 1 moved, 1 stay." in found.text
    assert found.all("progress") == [{"max": "4", "value": "2", "aria-label": "Drained"}]
    assert found.links() == [f"/swarmd/ui/containers/{'f' * 64}"] and "node-2" in found.text
    assert f"stays: {foreign(HOSTILE)}" in found.text
    assert len(newest(going.lines)) == 3


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ({"Done": True, "Stopped": False}, "It is over: 1 moved. The node stays cordoned."),
        ({"Done": True, "Stopped": True}, "It was stopped: 1 moved."),
        ({}, "It was broken off: 1 moved."),
    ],
)
def test_how_it_ended(last: dict[str, Any], said: str) -> None:
    ended = drain(1, line(1, "moved"), *([last] if last else []))
    found = document(progress(ended, going=False))
    assert said in found.text and not found.all("progress")


def test_of_many_those_are_shown_that_need_somebody() -> None:
    lines = [line(number, "moved") for number in range(100)]
    found = document(progress(drain(101, *lines, line(100, "failed", Reason="full")), going=True))
    assert len(found.all("th", scope="row")) == MOST
    assert f"and {101 - MOST} more" in found.text and "failed: full" in found.text


def test_of_nothing() -> None:
    found = document(progress(drain(0, {"Done": True, "Stopped": False}), going=False))
    assert "It is over: 0 moved." in found.text and not found.all("table")
