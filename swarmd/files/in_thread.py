"""File I/O in threads, away from the reactor: a file system that hangs holds nobody else."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

# Calls what it is given, elsewhere perhaps; fires with the result.
Executor = Callable[[Callable[[], Any]], "Deferred[Any]"]


def at_once(work: Callable[[], Any]) -> Deferred[Any]:
    """Not aside at all: for tests, and for who has nothing else to do."""
    return execute(work)


def in_thread(reactor: Any) -> Executor:
    """Each piece of work has a thread of its own, which ends with the process at the latest.

    Reactors of tests that have no threads do it at once.
    """
    if not IReactorFromThreads.providedBy(reactor):
        return at_once

    def begin(work: Callable[[], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        Thread(target=_run, args=(reactor, work, done), daemon=True).start()
        return done

    return begin


def _run(reactor: Any, work: Callable[[], Any], done: Deferred[Any]) -> None:
    outcome: Any
    try:
        outcome = work()
    except Exception:  # noqa: BLE001 - it belongs to whoever waits
        outcome = Failure()
    reactor.callFromThread(done.callback, outcome)
