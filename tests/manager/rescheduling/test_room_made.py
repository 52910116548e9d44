from __future__ import annotations

import pytest

from swarmd.cluster import actions as news
from swarmd.manager.rescheduling.room_made import makes_room
from tests.cluster.fleet import seen


@pytest.mark.parametrize(
    ("action", "room"),
    [
        (news.ContainerGone("a:1", "c"), True),
        (news.EngineCordoned("a:1", False), True),
        (news.EngineCordoned("a:1", True), False),
        (news.EngineAnswered("a:1", 0.0), False),
    ],
)
def test_what_frees_something(action: news.Action, room: bool) -> None:
    assert makes_room(action) is room


@pytest.mark.parametrize(("verb", "room"), [("die", True), ("destroy", True), ("start", False)])
def test_the_events_that_do(verb: str, room: bool) -> None:
    record = {"Type": "container", "Action": verb, "Actor": {"ID": "c"}}
    assert makes_room(seen("a:1", record, 0.0, 0.0)) is room
