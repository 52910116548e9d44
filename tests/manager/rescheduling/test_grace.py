from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from swarmd.manager.rescheduling.grace import Graces


def begun() -> tuple[Clock, Graces, list[str]]:
    clock, over = Clock(), list[str]()
    graces = Graces(clock, 10.0, over.append)
    graces.begin("a")
    return clock, graces, over


def test_it_is_over_once() -> None:
    clock, graces, over = begun()
    clock.advance(4)
    graces.begin("a")
    assert "a" in graces and graces.left("a") == 6
    clock.advance(6)
    assert over == ["a"] and "a" not in graces and graces.left("a") is None
    clock.advance(60)
    assert over == ["a"]


def test_what_another_process_has_left_of_it_is_the_rest() -> None:
    clock, graces, over = begun()
    graces.begin("b", 3.0)
    clock.advance(3)
    assert over == ["b"]


@pytest.mark.parametrize(("length", "left"), [(25.0, 21.0), (5.0, 1.0), (1.0, 0.0)])
def test_another_length_counts_from_the_beginning(length: float, left: float) -> None:
    clock, graces, over = begun()
    clock.advance(4)
    graces.change(length)
    assert graces.left("a") == left
    clock.advance(left)
    assert over == ["a"]


def test_none_is_over_after_its_stop() -> None:
    clock, graces, over = begun()
    graces.begin("b")
    graces.stop("a")
    graces.stop("a")
    graces.stop_all()
    clock.advance(60)
    assert over == [] and clock.getDelayedCalls() == []
