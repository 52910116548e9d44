"""Since when a store does not answer."""

from __future__ import annotations

from twisted.internet.task import Clock

from swarmd.store.interfaces import Outage
from swarmd.store.reachability import Reachability


def test_an_outage_begins_with_the_first_failure_and_says_the_last() -> None:
    clock = Clock()
    state = Reachability(clock.seconds)
    clock.advance(5)
    state.failed("refused")
    clock.advance(5)
    state.failed("no answer")
    assert state.outage == Outage(5, "no answer")
    state.answered()
    assert state.outage is None
