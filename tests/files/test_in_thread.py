from __future__ import annotations

import threading
from typing import Any

from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock
from zope.interface import implementer

from swarmd.files.in_thread import at_once, in_thread


@implementer(IReactorFromThreads)
class Reactor:
    """Takes calls of other threads, and makes them when it is told to."""

    def __init__(self) -> None:
        self.come = threading.Semaphore(0)
        self.calls: list[Any] = []

    def callFromThread(self, function: Any, *args: Any) -> None:
        self.calls.append((function, args))
        self.come.release()

    def turn(self) -> None:
        assert self.come.acquire(timeout=60)
        function, args = self.calls.pop(0)
        function(*args)


def test_work_is_done_elsewhere_and_told_here() -> None:
    reactor = Reactor()
    seen: list[Any] = []
    in_thread(reactor)(threading.current_thread).addCallback(seen.append)
    assert seen == []
    reactor.turn()
    assert seen[0] is not threading.current_thread() and seen[0].daemon


def test_errors_are_told_too() -> None:
    reactor = Reactor()
    seen: list[Any] = []
    in_thread(reactor)(lambda: 1 / 0).addErrback(seen.append)
    at_once(lambda: 1 / 0).addErrback(seen.append)
    reactor.turn()
    assert [failure.type for failure in seen] == [ZeroDivisionError] * 2


def test_one_that_hangs_holds_no_other() -> None:
    reactor, end = Reactor(), threading.Event()
    executor = in_thread(reactor)
    seen: list[Any] = []
    executor(end.wait).addCallback(seen.append)
    executor(lambda: "done").addCallback(seen.append)
    reactor.turn()
    assert seen == ["done"]
    end.set()
    reactor.turn()
    assert seen == ["done", True]


def test_a_reactor_without_threads() -> None:
    assert in_thread(Clock()) is at_once
