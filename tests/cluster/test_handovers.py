from __future__ import annotations

from swarmd.cluster.handovers import Handovers
from swarmd.core.container.kept_identity import KeptIdentity

ID = "a1" * 32


def test_who_comes_meanwhile_hears_of_the_end() -> None:
    handovers, heard = Handovers(), []
    with handovers.under_way(ID):
        assert ID in handovers
        handovers.when_over(ID, lambda: heard.append(ID in handovers))
    assert heard == [False]


def test_calls_hold_it_until_the_last_has_ended() -> None:
    handovers = Handovers()
    ends = [handovers.hold(ID), handovers.hold(ID)]
    for end in ends:
        assert handovers.held(ID)
        end()
    assert not handovers.held(ID)


def test_where_it_was() -> None:
    """It may come back to a node that it has left; then it is another copy of it."""
    handovers = Handovers()
    handovers.leave(ID, {}, "a")
    assert handovers.has_left(ID, {}, "a")
    back = KeptIdentity(ID, "f00d", "ENGINE-2", "web").labels()
    assert not handovers.has_left(ID, {}, "b") and not handovers.has_left(ID, back, "a")
