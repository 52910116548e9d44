from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogEvent, globalLogPublisher

from swarmd.core.errors import NotFound
from swarmd.manager.fleet.shield import shielded


@pytest.fixture
def logged() -> Iterator[list[LogEvent]]:
    events: list[LogEvent] = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


async def after(wait: Deferred[Any], done: list[str]) -> str:
    result = str(await wait)
    done.append(result)
    return result


def test_who_stays_gets_the_result() -> None:
    wait: Deferred[Any] = Deferred()
    results: list[Any] = []
    shielded(after(wait, [])).addCallback(results.append)
    wait.callback("made")
    assert results == ["made"]


def test_who_leaves_ends_nothing() -> None:
    wait: Deferred[Any] = Deferred()
    done: list[str] = []
    results: list[Any] = []
    waiting = shielded(after(wait, done)).addBoth(results.append)
    waiting.cancel()
    assert results.pop().check(CancelledError) and not done
    wait.callback("made")
    assert done == ["made"]


@pytest.mark.parametrize(("error", "noted"), [(NotFound("no"), False), (ZeroDivisionError(), True)])
def test_what_went_wrong_for_nobody(error: Exception, noted: bool, logged: list[LogEvent]) -> None:
    wait: Deferred[Any] = Deferred()
    shielded(after(wait, [])).addErrback(lambda _: None).cancel()
    wait.errback(error)
    assert bool(logged) == noted
