from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster import actions as news
from swarmd.cluster.state import State
from swarmd.ui.pages import container_search as search
from swarmd.ui.pages.container_search import STEP, matching, page_of, sort_of, text_test
from tests.cluster.fleet import NOW, fleet, full_id, item, key_of

ALL = {"q": "", "state": "", "node": "", "sort": ""}


class Resting:
    """Counts how often others were served."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


def run(coroutine: Any) -> Any:
    """Nothing in it waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def filled(number: int = 6, nodes: int = 2) -> State:
    state = fleet(nodes)
    for node in range(1, nodes + 1):
        items = [
            item(one, f"web-{one}", Labels={"tier": f"t{one % 2}"}, Image=f"app:{one % 3}",
                 State="exited" if one % 4 == 0 else "running",
                 Status="Exited (1) 5 minutes ago" if one % 4 == 0 else "Up 5 minutes")
            for one in range(node, number + 1, nodes)
        ]  # fmt: skip
        state.dispatch(news.ContainersListed(key_of(node), items, 1.0, NOW))
    return state


def found(fleet: State, rest: Resting | None = None, /, **query: str) -> list[str]:
    chosen = run(matching(fleet, {**ALL, **query}, rest or Resting()))
    return [one.name for one in chosen]


def test_newest_first_without_a_question() -> None:
    assert found(filled()) == [f"web-{one}" for one in (6, 5, 4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"q": "WEB-3"}, ["web-3"]),
        ({"q": "app:1"}, ["web-4", "web-1"]),
        ({"q": "app:1 web-4"}, ["web-4"]),
        ({"q": "tier=t1"}, ["web-5", "web-3", "web-1"]),
        ({"q": "tier=t"}, ["web-6", "web-5", "web-4", "web-3", "web-2", "web-1"]),
        ({"q": full_id(2)[:6]}, ["web-2"]),
        ({"q": "nothing"}, []),
        ({"state": "exited"}, ["web-4"]),
        ({"state": "unhealthy"}, []),
        ({"state": "no such state"}, ["web-6", "web-5", "web-4", "web-3", "web-2", "web-1"]),
        ({"node": "node-1"}, ["web-5", "web-3", "web-1"]),
        ({"node": "node-9"}, []),
        ({"node": "node-2", "q": "web-4", "state": "exited"}, ["web-4"]),
    ],
)
def test_questions(query: dict[str, str], wanted: list[str]) -> None:
    assert found(filled(), **query) == wanted


def test_a_large_search_lets_others_in_between() -> None:
    state, rest = filled(2 * STEP + 10, 1), Resting()
    assert len(found(state, rest, q="web")) == 2 * STEP + 10
    assert rest.times == 2


@pytest.mark.parametrize("sort", ["name", "-name", "state", "image", "-node", "created"])
@pytest.mark.parametrize("start", [0, 50, 3000, 5050])
def test_each_page_is_that_part_of_the_whole_order(sort: str, start: int) -> None:
    state = filled(5100, 3)
    chosen = run(matching(state, ALL, Resting()))
    part = run(page_of(chosen, sort, start, start + 50, state, Resting()))
    key = search.keys(state).get(sort.removeprefix("-"), lambda one: one.created)
    whole = sorted(chosen, key=lambda one: (key(one), one.id), reverse=sort.startswith("-"))
    assert [one.id for one in part] == [one.id for one in whole[start : start + 50]]


def test_an_order_that_there_is_not_is_by_age() -> None:
    assert sort_of("") == sort_of("bogus") == sort_of("--name") == "-created"
    assert sort_of("-node") == "-node"
    state = filled()
    chosen = run(matching(state, ALL, Resting()))
    newest = run(page_of(chosen, "-created", 1, 3, state, Resting()))
    assert [one.name for one in newest] == ["web-5", "web-4"]


def test_no_words_are_no_test() -> None:
    assert text_test("  ") is None
