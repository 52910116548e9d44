"""A list that repeats itself is passed over; one with any news in it never is."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.actions import ContainersListed
from swarmd.cluster.state import State
from swarmd.engine.list_diff import ListDiff
from tests.cluster.fleet import NOW, full_id, item, join, listed

Json = dict[str, Any]


def whole_list() -> list[Json]:
    return [
        item(3, State="running", Status="Up 5 minutes"),
        item(2, State="exited", Status="Exited (1) 5 minutes ago"),
        item(1, State="running", Status="Up 5 minutes (healthy)"),
    ]


class Rig:
    """An engine whose list was told once."""

    def __init__(self, items: list[Json]) -> None:
        self.state = State()
        self.engine = join(self.state)
        listed(self.state, 1, *items)
        self.last = ListDiff()
        self.remember(items)

    def remember(
        self, items: list[Json], at: float = 0.0, asked: frozenset[str] | None = None
    ) -> None:
        self.last.remember(ContainersListed(self.engine.key, items, at, NOW, asked), self.engine)

    def news(self, items: list[Json], later: float = 0.0) -> list[str]:
        """The names of what is new, and IDs of what is gone."""
        gone = self.last.gone(items, self.engine)
        new = self.last.news(items, self.engine, NOW + later)
        return [*("".join(one.get("Names", ["?"])) for one in new), *gone]


def test_the_same_list_says_nothing_new() -> None:
    assert Rig(whole_list()).news(whole_list()) == []
    assert Rig([]).news([]) == []


def test_ages_grow() -> None:
    items = whole_list()
    for one, text in zip(
        items, ["Up 7 minutes", "Exited (1) 7 minutes ago", "Up 7 minutes (healthy)"], strict=True
    ):
        one["Status"] = text
    assert Rig(whole_list()).news(items, later=120.0) == []


@pytest.mark.parametrize(
    ("position", "change"),
    [
        (0, {"Names": ["/other"]}),
        (0, {"Labels": {"a": "b"}}),
        (0, {"Status": "Up 1 second"}),
        (0, {"Status": "Up 5 minutes (unhealthy)"}),
        (0, {"State": "paused", "Status": "Up 5 minutes (Paused)"}),
        (1, {"Status": "Exited (2) 5 minutes ago"}),
        (1, {"Status": "Exited (1) 3 seconds ago"}),
        (1, {"State": None}),
        (1, {"Ports": [{"PrivatePort": 80, "Type": "tcp"}]}),
        (2, {"Status": "Up 5 minutes"}),
        (2, {"State": "exited", "Status": "Exited (0) 1 second ago"}),
    ],
)
def test_a_change_is_news_and_nothing_else_is(position: int, change: Json) -> None:
    items = whole_list()
    items[position].update(change)
    assert Rig(whole_list()).news(items) == items[position]["Names"]


def test_new_ones_and_those_that_are_gone() -> None:
    assert Rig(whole_list()).news([*whole_list(), item(4)]) == ["/c4"]
    assert Rig(whole_list()).news(whole_list()[1:]) == [full_id(3)]


def test_what_has_no_id_is_news() -> None:
    items = whole_list()
    del items[0]["Id"]
    assert Rig(whole_list()).news(items) == ["/c3", full_id(3)]


def test_what_an_event_has_marked_is_read() -> None:
    rig = Rig(whole_list())
    rig.state.mark_dirty(full_id(1))
    assert rig.news(whole_list()) == ["/c1"]


def test_a_mark_without_a_container_is_cleared() -> None:
    rig = Rig(whole_list())
    rig.engine.dirty.add(full_id(9))
    assert rig.news(whole_list()) == [full_id(9)]


def test_the_latest_list_counts() -> None:
    rig = Rig(whole_list())
    change = item(2, State="running", Status="Up 1 second", Labels={"a": "b"})
    listed(rig.state, 1, change, at=1.0, asked=frozenset({full_id(2)}))
    rig.remember([change], 1.0, frozenset({full_id(2)}))
    assert rig.news([whole_list()[0], change, whole_list()[2]]) == []
    assert rig.news(whole_list()) == ["/c2"]


def test_what_was_too_old_for_the_cluster_was_not_told() -> None:
    rig = Rig(whole_list())
    listed(rig.state, 1, item(2), at=5.0, asked=frozenset({full_id(2)}))
    late = item(2, Labels={"a": "b"})
    rig.remember([late], 4.0)
    assert rig.news([whole_list()[0], late, whole_list()[2]]) == ["/c2"]


def test_another_session_knows_nothing() -> None:
    rig = Rig(whole_list())
    assert not rig.last.nothing
    rig.last.forget()
    assert rig.last.nothing
    rig.remember([], asked=frozenset({full_id(9)}))
    assert rig.last.nothing
    assert rig.news(whole_list()) == ["/c3", "/c2", "/c1"]


def test_the_order_of_keys_is_no_news() -> None:
    items = [dict(reversed(one.items())) for one in whole_list()]
    assert Rig(whole_list()).news(items) == []
