"""That kept rows follow what they show; what they show is in ``test_info.py``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from swarmd.cluster import actions as news
from swarmd.cluster.state import State
from swarmd.cluster.views.node_table import NodeTable, with_overcommit
from tests.cluster.fleet import NOW, fleet, item, join, key_of, listed

CHANGES: dict[str, Callable[[State], object]] = {
    "containers": lambda state: listed(state, 1, item(1), item(2)),
    "state": lambda state: listed(
        state, 1, item(1, State="exited", Status="Exited (0) 1 hour ago")
    ),
    "health": lambda state: state.dispatch(
        news.EngineFailed(key_of(1), "gone", NOW, 1, fatal=True)
    ),
    "cordon": lambda state: state.dispatch(news.EngineCordoned(key_of(1), True)),
    "labels": lambda state: state.dispatch(news.EngineLabelled(key_of(1), {"new": "label"})),
    "name": lambda state: join(state, 1, name="other"),
    "news": lambda state: state.dispatch(news.EngineAnswered(key_of(1), NOW + 9)),
}


def rows(table: NodeTable, state: State, overcommit: float = 0.0) -> list[tuple[str, str]]:
    return table.rows(list(state.engines.values()), overcommit)


@pytest.mark.parametrize("change", CHANGES)
def test_rows_follow(change: str) -> None:
    state, table = fleet(2), NodeTable()
    listed(state, 1, item(1))
    before = rows(table, state)
    assert rows(table, state) == before
    CHANGES[change](state)
    assert rows(table, state) == rows(NodeTable(), state) != before


def test_nodes_that_are_gone_are_forgotten() -> None:
    table = NodeTable()
    rows(table, fleet(300))
    few = fleet(2)
    assert rows(table, few) == rows(NodeTable(), few)
    assert len(table._kept) == 2


def test_overcommit_is_in_whole_percent() -> None:
    assert with_overcommit(2, 0.05) == 2
    assert with_overcommit(200, 0.05) == 210
    assert with_overcommit(100, 0.29) == 129
    state, table = fleet(1), NodeTable()
    assert rows(table, state, 0.05) != rows(table, state, 0.5)
