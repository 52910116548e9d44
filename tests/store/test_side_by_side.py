"""Several questions at once."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.store.interfaces import StoreLost
from swarmd.store.side_by_side import side_by_side


def test_answers_come_in_order() -> None:
    asked: list[Deferred[Any]] = [Deferred(), Deferred()]
    results: list[Any] = []
    Deferred.fromCoroutine(side_by_side(asked)).addBoth(results.append)
    asked[1].callback("b")
    asked[0].callback("a")
    assert results == [["a", "b"]]


def test_the_first_error_is_raised_as_it_is() -> None:
    asked: list[Deferred[Any]] = [Deferred(), Deferred()]
    results: list[Any] = []
    Deferred.fromCoroutine(side_by_side(asked)).addBoth(results.append)
    asked[1].errback(StoreLost("gone"))
    asked[0].errback(RuntimeError())
    with pytest.raises(StoreLost, match="gone"):
        results[0].raiseException()
