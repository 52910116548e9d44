from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.task import Clock

from swarmd.core.request.bounds import LARGE
from swarmd.front import request
from swarmd.front.round_robin import SHARE, RoundRobin
from tests.front.memory import Connection, Leaf


class Work:
    """Each piece takes a fifth of the share."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.now = 0.0
        self.round_robin = RoundRobin(self.clock, lambda: self.now)
        self.done: list[str] = []

    def add(self, name: str, again: int = 0) -> None:
        def work() -> None:
            self.done.append(name)
            self.now += SHARE / 4.5
            if again:
                self.add(name, again - 1)

        self.round_robin.add(work)

    def one_turn(self) -> None:
        [call] = self.clock.calls
        self.clock.calls.clear()
        call.func()


def test_one_of_each_in_turn() -> None:
    work = Work()
    work.add("a", again=2)
    work.add("b", again=2)
    assert work.done == []
    work.clock.advance(0)
    assert work.done == ["a", "b", "a", "b", "a", "b"]
    assert work.clock.calls == []


def test_a_share_of_each_turn_of_the_reactor() -> None:
    work = Work()
    for number in range(12):
        work.add(str(number))
    for expected in (5, 10, 12):
        work.one_turn()
        assert len(work.done) == expected
    assert work.clock.calls == []
    work.add("late")
    work.one_turn()
    assert work.done[-1] == "late"


def test_at_least_one_whatever_it_takes() -> None:
    work = Work()
    work.round_robin.add(lambda: setattr(work, "now", work.now + 10 * SHARE))
    work.add("a")
    work.one_turn()
    assert work.done == []
    work.one_turn()
    assert work.done == ["a"]


def test_large_bodies_of_many_clients_are_decoded_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come with one wait for events; each step on one takes more than the share of a turn."""
    now, steps = [0.0], []

    def step(*_: Any) -> bytes:
        steps.append(now[0])
        now[0] += 2 * SHARE
        return b""

    monkeypatch.setattr(request, "check_body", step)
    made = Connection({"x": Leaf(step)})
    made.site.round_robin = RoundRobin(made.clock, lambda: now[0])
    body = b" " * (LARGE + 1)
    head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    for _ in range(5):
        made.open().dataReceived(head + body)
    assert steps == []
    for turn in range(10):
        due, made.clock.calls = made.clock.calls, []
        for call in due:
            call.func()
        assert len(steps) == turn + 1
    assert made.statuses() == [200]
