from __future__ import annotations

import orjson
import pytest

from swarmd.manager.membership.managers import INTERVAL, ManagerRecord, read_record
from swarmd.store.interfaces import Put
from tests.manager.membership.rig import TTL, Member, advance, server
from tests.manager.rig import result_of

SOUND = {"id": "a", "host": "h", "address": "h:1", "version": "1", "since": 1.0}


def test_all_are_shown_by_each() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    for one in (a, b):
        seen = one.managers.view()
        assert [each["ID"] for each in seen] == ["a", "b"]
        assert [each["Leader"] for each in seen] == [True, False]
    assert [each["Self"] for each in b.managers.view()] == [False, True]
    a.stop()
    assert [each["ID"] for each in b.managers.view()] == ["b"]


def test_who_is_cut_off_still_shows_itself() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    a.store.cut()
    advance(shared, TTL + 1)
    assert [each["ID"] for each in b.managers.view()] == ["b"]
    assert not any(each["Problem"] for each in b.managers.view())
    problems = {each["ID"]: each["Problem"] for each in a.managers.view()}
    assert "cannot agree" in problems.pop("a") and not any(problems.values())


def test_who_is_cut_off_knows_of_no_leader() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    for one in (a, b):
        assert one.election.leader == "a"
        one.store.cut()
    advance(shared, TTL + 1)
    for one in (a, b):
        assert one.managers.leader() is None and one.election.leader == ""
        assert not any(each["Leader"] for each in one.managers.view())
    b.store.heal()
    advance(shared, TTL)
    assert [each["Leader"] for each in b.managers.view() if each["Self"]] == [True]


def test_the_record_is_kept_fresh() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    a.managers.claims = lambda: 7
    advance(shared, INTERVAL)
    assert b.managers.view()[0]["Claims"] == 7 and b.managers.view()[0]["WatchDelay"] == 0.0


def test_what_no_swarmd_wrote_is_not_shown() -> None:
    shared = server()
    a = Member(shared, "a")
    result_of(a.store.commit([], [Put("managers/x", b"{}")]))
    assert [each["ID"] for each in a.managers.view()] == ["a"]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"[]",
        b"{}",
        orjson.dumps({**SOUND, "host": 1}),
        orjson.dumps({**SOUND, "since": "x"}),
        orjson.dumps({**SOUND, "more": 1}),
        orjson.dumps({**SOUND, "host": "x" * 5000}),
    ],
)
def test_what_is_no_record(value: bytes) -> None:
    assert read_record(value) is None


def test_what_is_one() -> None:
    assert read_record(orjson.dumps(SOUND)) == ManagerRecord("a", "h", "h:1", "1", 1.0)


def test_words_that_act_on_a_terminal_are_shown_instead() -> None:
    record = read_record(orjson.dumps({**SOUND, "host": "h\x1b[31m", "address": "h:1\nx"}))
    assert record is not None
    assert (record.host, record.address) == ("h\\x1b[31m", "h:1\\nx")
