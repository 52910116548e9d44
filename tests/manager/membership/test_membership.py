from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import Unavailable
from swarmd.manager.membership.keys import FORMAT
from swarmd.manager.membership.membership import WAIT
from swarmd.store.interfaces import Outage, Put, StoreLost
from swarmd.store.memory import MemoryStore
from tests.manager.membership.rig import NOW, TTL, Member, advance, server
from tests.manager.rig import result_of


def waits(member: Member) -> list[Any]:
    outcome: list[Any] = []
    Deferred.fromCoroutine(member.membership.wait()).addBoth(outcome.append)
    return outcome


def test_who_starts_joins() -> None:
    member = Member(server(), "a")
    assert member.membership.joined and member.membership.notices() == []
    assert waits(member) == [None]


def test_a_store_that_is_not_there_at_the_start_is_waited_for() -> None:
    shared = server()
    member = Member(shared, "a", start=False)
    member.store.cut("memory:// refuses")
    member.start()
    outcome = waits(member)
    assert "memory:// refuses" in member.membership.notices()[0]
    advance(shared, WAIT)
    assert outcome[0].check(StoreLost) and "memory:// refuses" in str(outcome[0].value)
    outcome = waits(member)
    member.store.heal()
    advance(shared, 2.0)
    assert outcome == [None] and member.membership.joined


def test_who_is_cut_off_knows_it_before_the_others_and_reads_anew_when_it_is_back() -> None:
    shared = server()
    member = Member(shared, "a")
    read: list[str] = []
    left: list[str] = []

    async def join() -> None:
        read.append("read")

    member.membership.joining.append(join)
    member.membership.on_leave.append(lambda: left.append("left"))
    member.store.cut()
    advance(shared, TTL - 0.75)
    assert left == ["left"] and not member.membership.joined and "managers/a" in shared.entries
    with pytest.raises(Unavailable, match="for 9 s: memory:// does not answer"):
        result_of(member.membership.commit([], [Put("x", b"1")]))
    member.store.heal()
    advance(shared, 2.0)
    assert member.membership.joined and read == ["read"] and member.membership.sessions == 2


def test_another_format_is_told_and_nothing_is_written() -> None:
    shared = server()
    result_of(MemoryStore(shared).commit([], [Put(FORMAT, b"2")]))
    member = Member(shared, "a")
    advance(shared, 5.0)
    assert not member.membership.joined and list(shared.entries) == [FORMAT]
    assert "keys of format '2'" in member.membership.notices()[0]


def test_who_ends_takes_its_keys_along() -> None:
    shared = server()
    member = Member(shared, "a")
    assert "managers/a" in shared.entries and "leader" in shared.entries
    member.stop()
    assert not [key for key in shared.entries if key in ("managers/a", "leader")]


def test_commits_are_counted_by_how_they_end() -> None:
    member = Member(server(), "a")
    before = member.membership.commits
    result_of(member.membership.commit([], [Put("x", b"1")]))
    member.store.lose_answers = 1
    with pytest.raises(Unavailable):
        result_of(member.membership.commit([], [Put("x", b"1")]))
    assert member.membership.commits == before + 2 and member.membership.failures == 1


def test_news_that_do_not_come_are_told_while_the_session_is_held() -> None:
    shared = server()
    a = Member(shared, "a")
    assert a.membership.notices() == []
    a.store.outage = Outage(NOW - 7.0, "no news: status 403")
    assert a.membership.joined
    assert a.membership.notices() == [
        "the store does not answer as it should for 7 s: no news: status 403"
    ]
