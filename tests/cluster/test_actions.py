from __future__ import annotations

from typing import get_args

import pytest

from swarmd.cluster import actions
from swarmd.cluster.actions import Action, ContainersListed, Content
from swarmd.cluster.state import State


@pytest.mark.parametrize("kind", get_args(Action))
def test_every_action_is_about_one_engine(kind: type) -> None:
    assert "key" in kind.__dataclass_fields__  # type: ignore[attr-defined]


def test_what_is_on_an_engine_is_part_of_all_news() -> None:
    assert set(get_args(Content)) < set(get_args(Action))


def test_all_news_of_unknown_engines_is_ignored() -> None:
    state = State()
    state.dispatch(actions.ContainerGone("nobody", "c"))
    state.dispatch(actions.ImagesListed("nobody", []))
    state.dispatch(actions.EngineRejected("nobody", "why", 0.0))
    assert not state.engines and not state.containers


def test_what_is_a_whole_list() -> None:
    def listed(asked: frozenset[str] | None, rest_known: bool = False) -> bool:
        return ContainersListed("k", (), 0.0, 0.0, asked, rest_known).whole

    assert listed(None)
    assert listed(frozenset(), rest_known=True)
    assert not listed(frozenset({"a"}))
