"""A list that repeats itself is passed over; one with any news in it never is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from swarmd.cluster.state import State
from swarmd.engine.repeated import LastList
from tests.cluster.fleet import NOW, full_id, item, join, key_of, told

Json = dict[str, Any]


def listed() -> list[Json]:
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
        told(self.state, 1, *items)
        self.last = LastList()
        self.last.told(items)

    def says_again(self, items: list[Json], later: float = 0.0) -> bool:
        return self.last.says_again(items, self.engine, NOW + later)


def test_the_same_list_says_nothing_new() -> None:
    assert Rig(listed()).says_again(listed())
    assert Rig([]).says_again([])


def test_ages_grow() -> None:
    items = listed()
    for one, text in zip(
        items, ["Up 7 minutes", "Exited (1) 7 minutes ago", "Up 7 minutes (healthy)"], strict=True
    ):
        one["Status"] = text
    assert Rig(listed()).says_again(items, later=120.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda items: items.pop(),
        lambda items: items.append(item(4)),
        lambda items: items[0].update(Names=["/other"]),
        lambda items: items[0].update(Labels={"a": "b"}),
        lambda items: items[0].update(Status="Up 1 second"),
        lambda items: items[0].update(Status="Up 5 minutes (unhealthy)"),
        lambda items: items[0].update(State="paused", Status="Up 5 minutes (Paused)"),
        lambda items: items[1].update(Status="Exited (2) 5 minutes ago"),
        lambda items: items[1].update(Status="Exited (1) 3 seconds ago"),
        lambda items: items[2].update(Status="Up 5 minutes"),
        lambda items: items[2].update(State="exited", Status="Exited (0) 1 second ago"),
        lambda items: items.reverse(),
    ],
)
def test_any_change_is_news(change: Callable[[list[Json]], Any]) -> None:
    items = listed()
    change(items)
    assert not Rig(listed()).says_again(items)


def test_what_was_told_otherwise_since_is_no_repetition() -> None:
    rig = Rig(listed())
    told(
        rig.state, 1, item(2, State="running", Status="Up 1 second"), asked=frozenset({full_id(2)})
    )
    assert not rig.says_again(listed())
    rig.last.forget()
    assert not rig.says_again(listed())


def test_what_an_event_has_marked_is_read() -> None:
    rig = Rig(listed())
    rig.state.mark_dirty(full_id(1))
    assert not rig.says_again(listed())


def test_a_container_that_was_removed_is_read() -> None:
    rig = Rig(listed())
    told(rig.state, 1, asked=frozenset({full_id(3)}))
    assert key_of(1) == rig.engine.key
    assert not rig.says_again(listed())


def test_the_order_of_keys_is_no_news() -> None:
    items = [dict(reversed(one.items())) for one in listed()]
    assert Rig(listed()).says_again(items)


def test_items_without_a_state_or_an_id_are_read() -> None:
    for key in ("State", "Id"):
        items = listed()
        del items[0][key]
        assert not Rig(listed()).says_again(items)
