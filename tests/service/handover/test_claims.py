"""Claims of two processes: each counts what the other has under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import EngineListed, EngineUnlisted
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.errors import NameTaken
from swarmd.service.handover.claims import ClaimMirror

DEMAND = Demand(memory=7, ports=(HostPort(80),), devices=(("gpu", "0"),))


class Process:
    """A state, and its mirror of the other's claims."""

    def __init__(self, mark: str) -> None:
        self.state = State(lambda: 1.0)
        self.state.dispatch(EngineListed("a:1", "a:1"))
        self.mirror = ClaimMirror(self.state, mark, self.send)
        self.other: Process | None = None

    def send(self, about: Mapping[str, Any]) -> None:
        if self.other is not None:
            self.other.mirror.hear(orjson.loads(orjson.dumps(about)))

    def reserve(self, name: str, number: int = 1) -> Container:
        pending = Container(f"pending-{number}", "a:1", (name,), demand=DEMAND, pending=True)
        self.state.reserve(pending)
        return pending


def pair() -> tuple[Process, Process]:
    old, new = Process("1"), Process("2")
    old.other, new.other = new, old
    return old, new


def test_what_is_under_way_counts_in_the_other_process() -> None:
    old, new = pair()
    old.reserve("web")
    old.mirror.open()
    new.mirror.open()
    assert new.state.engines["a:1"].tally.memory == 7
    with pytest.raises(NameTaken):
        new.reserve("web")
    mine = new.reserve("db")  # numbered alike
    assert old.state.engines["a:1"].tally.memory == 14
    new.state.release(mine.id)
    old.state.release("pending-1")
    assert old.state.engines["a:1"].tally.memory == new.state.engines["a:1"].tally.memory == 0
    assert not new.state.name_taken("web") and not old.state.name_taken("db")


def test_what_other_swarmds_claim_is_counted_once() -> None:
    """Both processes hear of it by the store; one that passed it on would count it for ever."""
    old, new = pair()
    claimed = Container("claim-other/1", "a:1", ("web",), demand=DEMAND, pending=True)
    for process in (old, new):
        process.state.reserve(claimed)
        process.mirror.open()
    old.state.release(claimed.id)
    assert new.state.engines["a:1"].tally.memory == 7
    new.state.release(claimed.id)
    assert new.state.engines["a:1"].tally.memory == 0


def test_a_container_that_was_made_there_is_known_here_at_once() -> None:
    old, new = pair()
    old.mirror.open()
    pending = old.reserve("web")
    old.state.confirm(pending.id, pending._replace(id="f" * 64, pending=False))
    assert new.state.containers["f" * 64].name == "web"
    assert new.state.reservations.pending == {}


def test_it_has_its_name_also_where_that_was_not_free_yet() -> None:
    """Who had it before is gone, as that process knows and this one does not yet."""
    old, new = pair()
    new.state.reserve_name("web", "c1")
    old.mirror.open()
    pending = old.reserve("web")
    old.state.confirm(pending.id, pending._replace(id="f" * 64, pending=False))
    assert new.state.containers["f" * 64].name == "web"


def test_what_was_claimed_on_an_engine_that_is_met_later_is_told_again() -> None:
    old, new = pair()
    new.state.dispatch(EngineUnlisted("a:1"))
    old.reserve("web")
    old.mirror.open()
    new.state.dispatch(EngineListed("a:1", "a:1"))
    old.mirror.send_all()
    old.mirror.send_all()
    assert new.state.engines["a:1"].tally.memory == 7 and len(new.mirror) == 1


def test_and_what_was_made_of_it_meanwhile_is_known() -> None:
    old, new = pair()
    new.state.dispatch(EngineUnlisted("a:1"))
    pending = old.reserve("web")
    old.mirror.open()
    new.state.dispatch(EngineListed("a:1", "a:1"))
    old.state.confirm(pending.id, pending._replace(id="f" * 64, pending=False))
    made = new.state.containers["f" * 64]
    assert (made.name, made.pending, len(new.mirror)) == ("web", False, 0)


def test_what_a_process_leaves_without_a_word_is_in_doubt() -> None:
    old, new = pair()
    old.mirror.open()
    old.reserve("web")
    old.other = None
    new.mirror.close()
    (doubt,) = new.state.reservations.doubts(new.state.engines["a:1"])
    assert doubt.name == "web" and new.state.name_taken("web")


def test_a_rename_holds_its_name_there_too() -> None:
    old, new = pair()
    old.mirror.open()
    old.state.reserve_name("new", "c1")
    assert new.state.name_taken("new")
    old.state.reservations.free_name("new", "c1")
    assert not new.state.name_taken("new")


def test_one_in_the_middle_tells_its_neighbours_claims_apart() -> None:
    """All are numbered alike."""
    oldest, middle, newest = Process("before"), Process("before"), Process("before")
    onward = ClaimMirror(middle.state, "after", lambda about: newest.mirror.hear(about))
    oldest.mirror = ClaimMirror(oldest.state, "after", middle.mirror.hear)
    newest.mirror = ClaimMirror(newest.state, "before", onward.hear)
    for mirror in (oldest.mirror, onward, newest.mirror):
        mirror.open()
    first, last = oldest.reserve("web"), newest.reserve("db")
    assert middle.state.name_taken("web") and middle.state.name_taken("db")
    oldest.state.confirm(first.id, first._replace(id="a" * 64, pending=False))
    newest.state.confirm(last.id, last._replace(id="b" * 64, pending=False))
    named = {each.id: each.name for each in middle.state.containers.values()}
    assert named == {"a" * 64: "web", "b" * 64: "db"}
