from __future__ import annotations

from functools import partial

from twisted.internet.task import Clock

from swarmd.engine.timer_wheel import TimerWheel


class Turning:
    """A wheel with steps of 0.5 s, and when it made which call."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.wheel = TimerWheel(self.clock, 0.5)
        self.made: list[tuple[float, str]] = []

    def note(self, name: str) -> None:
        self.made.append((self.clock.seconds(), name))

    def call(self, name: str) -> partial[None]:
        return partial(self.note, name)

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 8)):
            self.clock.advance(0.125)


def test_nothing_is_off_by_more_than_half_a_step() -> None:
    turning = Turning()
    turning.pass_time(0.125)
    turning.wheel.after(1.0, turning.call("a"))
    turning.wheel.after(0.75, turning.call("b"))
    turning.wheel.after(0.375, turning.call("c"))
    turning.pass_time(2.0)
    assert turning.made == [(0.5, "c"), (1.0, "a"), (1.0, "b")]


def test_it_is_never_made_at_once() -> None:
    turning = Turning()
    turning.wheel.after(0.5, lambda: (turning.wheel.after(0.0, turning.call("a")), None)[1])
    turning.pass_time(0.5)
    assert turning.made == []
    turning.pass_time(0.5)
    assert turning.made == [(1.0, "a")]


def test_one_timer_for_all_and_none_for_nothing() -> None:
    turning = Turning()
    spokes = [turning.wheel.after(1.0, turning.call("x")) for _ in range(10)]
    assert len(turning.clock.getDelayedCalls()) == 1
    for spoke in spokes:
        spoke.cancel()
        spoke.cancel()
    assert turning.clock.getDelayedCalls() == []
    turning.wheel.after(1.0, turning.call("y"))
    turning.pass_time(1.5)
    assert turning.made == [(1.0, "y")]
    assert turning.clock.getDelayedCalls() == []


def test_what_is_due_may_ask_for_more_and_cancel_its_neighbours() -> None:
    turning = Turning()
    turning.wheel.after(0.5, lambda: neighbour.cancel())
    neighbour = turning.wheel.after(0.5, turning.call("never"))
    turning.wheel.after(0.5, lambda: (turning.wheel.after(0.5, turning.call("next")), None)[1])
    turning.pass_time(2.0)
    assert turning.made == [(1.0, "next")]


def test_a_reactor_that_was_held_up_makes_up_for_it() -> None:
    turning = Turning()
    for number in range(1, 4):
        turning.wheel.after(number, turning.call(str(number)))
    turning.clock.advance(2.25)
    assert turning.made == [(2.25, "1"), (2.25, "2")]
    turning.pass_time(1.0)
    assert turning.made[2:] == [(3.0, "3")]


def test_an_error_is_logged_and_concerns_nobody_else(failures: list[str]) -> None:
    turning = Turning()
    turning.wheel.after(0.5, lambda: (1 // 0, None)[1])
    turning.wheel.after(0.5, turning.call("a"))
    turning.pass_time(0.5)
    assert turning.made == [(0.5, "a")]
    assert "ZeroDivisionError" in failures.pop()


def test_another_step_leaves_what_is_due_at_its_time() -> None:
    for step in (0.125, 2.0):
        turning = Turning()
        turning.wheel.after(1.0, turning.call("a"))
        turning.wheel.after(4.0, turning.call("b")).cancel()
        turning.wheel.after(4.0, turning.call("c"))
        turning.pass_time(0.5)
        turning.wheel.set_step(step)
        turning.wheel.after(1.5, turning.call("d"))
        turning.pass_time(6.0)
        assert sorted(name for _, name in turning.made) == ["a", "c", "d"]
        for at, name in turning.made:
            assert abs(at - {"a": 1.0, "d": 2.0, "c": 4.0}[name]) <= step / 2
        assert turning.clock.getDelayedCalls() == []


def test_a_wheel_that_stands_takes_another_step() -> None:
    turning = Turning()
    turning.wheel.set_step(0.125)
    turning.wheel.after(0.25, turning.call("a"))
    turning.pass_time(1)
    assert turning.made == [(0.25, "a")]
