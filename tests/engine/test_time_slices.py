from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.engine.time_slices import SLICE, TimeSlices


class Line:
    """Work of 4 ms for each that has entered, and who has done it in which turn."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.time_slices = TimeSlices(self.clock)
        self.turns: list[list[int]] = [[]]

    def enter(self, number: int) -> Deferred[None]:
        turn = Deferred.fromCoroutine(self.time_slices.turn())
        turn.addCallbacks(lambda _: self._work(number), lambda failure: None)
        return turn

    def _work(self, number: int) -> None:
        self.turns[-1].append(number)
        self.clock.rightNow += 0.004

    def turn(self) -> None:
        """As a reactor does it: what is put off for 0 s meanwhile is the next turn's."""
        self.turns.append([])
        due, self.clock.calls = self.clock.calls, []
        for call in due:
            call.func()


def test_what_there_is_little_of_is_done_at_once() -> None:
    line = Line()
    line.enter(1)
    line.enter(2)
    line.turn()
    line.enter(3)
    line.turn()
    assert line.turns == [[1, 2], [3], []]
    assert line.clock.getDelayedCalls() == []


def test_what_is_much_is_done_in_portions_and_in_order() -> None:
    line = Line()
    for number in range(8):
        line.enter(number)
    line.turn()
    line.enter(8)
    line.turn()
    line.turn()
    assert line.turns == [[0, 1, 2], [3, 4, 5], [6, 7, 8], []]
    assert line.clock.getDelayedCalls() == []


def test_one_that_takes_long_is_done_alone() -> None:
    line = Line()
    line.enter(0)
    line.clock.rightNow += SLICE
    line.enter(1)
    assert line.turns == [[0]]
    line.turn()
    assert line.turns == [[0], [1]]
    line.turn()


def test_who_has_left_the_line_is_passed_over() -> None:
    line = Line()
    line.enter(0)
    line.clock.rightNow += SLICE
    line.enter(7).cancel()
    line.enter(1)
    line.turn()
    assert line.turns == [[0], [1]]
    line.turn()
    assert line.clock.getDelayedCalls() == []
