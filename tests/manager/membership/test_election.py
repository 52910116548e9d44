from __future__ import annotations

import pytest

from swarmd.core.errors import Unavailable
from swarmd.manager.membership.keys import LEADER, STEP
from swarmd.store.interfaces import Delete, Put
from tests.manager.membership.rig import TTL, Member, advance, server
from tests.manager.rig import result_of


def test_one_leads_and_all_know_who() -> None:
    shared = server()
    members = [Member(shared, name) for name in "abc"]
    assert [one.election.leads for one in members] == [True, False, False]
    assert {one.election.leader for one in members} == {"a"}
    assert [one.said for one in members] == [["gain"], [], []]


def test_when_it_ends_another_leads_at_once() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    a.stop()
    assert b.election.leads and a.said == ["gain", "lose"] and b.said == ["gain"]


def test_one_that_is_cut_off_stops_before_another_begins() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    a.store.cut()
    advance(shared, TTL - 0.75)
    assert a.said == ["gain", "lose"] and b.said == []
    with pytest.raises(Unavailable, match="leads"):
        result_of(a.election.step("remove x"))
    advance(shared, 1.0)
    assert b.said == ["gain"]
    a.store.heal()
    advance(shared, 3.0)
    assert not a.election.leads and a.election.leader == "b"


def test_one_that_slept_is_stopped_by_the_store_itself() -> None:
    """It has heard of nothing and is sure of its session; the key is another's."""
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    for watch in a.store.watches[:]:
        watch.stop()
    session = shared.owners[LEADER]
    shared.drop(session)
    assert b.election.leads and a.election.leads
    with pytest.raises(Unavailable):
        result_of(a.election.step("remove x"))
    assert not a.election.leads and STEP not in shared.entries


def test_each_step_is_noted() -> None:
    shared = server()
    a = Member(shared, "a")
    result_of(a.election.step("remove x"))
    assert shared.entries[STEP].value == b"a remove x"


def test_a_key_that_somebody_takes_away_is_fought_for_again() -> None:
    shared = server()
    a = Member(shared, "a")
    result_of(a.store.commit([], [Delete(LEADER)]))
    assert a.said == ["gain", "lose", "gain"] and a.election.leads


def test_one_whose_answer_was_lost_finds_out_that_it_leads() -> None:
    shared = server()
    a = Member(shared, "a", start=False)
    a.membership.on_join.insert(0, lambda: setattr(a.store, "lose_answers", 1))
    a.start()
    advance(shared, 1.0)
    assert a.election.leads and a.said == ["gain"]


def test_who_leaves_the_lead_to_others_is_no_candidate() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    a.election.stand(False)
    assert b.election.leads and not a.election.leads
    b.election.stand(False)
    assert not a.election.leads
    a.election.stand(True)
    assert a.election.leads


def test_what_is_no_leader_of_ours_leads_all_the_same() -> None:
    shared = server()
    stranger = Member(shared, "x", start=False)
    result_of(stranger.store.commit([], [Put(LEADER, b"\xff")]))
    a = Member(shared, "a")
    assert not a.election.leads and a.managers.leader() is None


def test_the_gate_is_open_for_who_is_sure_to_lead_alone() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    assert a.election.gate() == "" and b.election.gate() != ""
    a.store.cut()
    advance(shared, TTL - 0.75)
    assert "may lead" in a.election.gate()
