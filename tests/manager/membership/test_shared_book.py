from __future__ import annotations

from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import Unavailable
from swarmd.manager.membership.book_items import LOSSES, MARK, NODES
from swarmd.manager.membership.keys import word
from swarmd.manager.membership.membership import WAIT
from swarmd.manager.nodes.operator_state import Book, Loss, NodeIntent, OperatorState, Tombstone
from swarmd.store.interfaces import Delete, Put
from tests.manager.membership.rig import Member, advance, server
from tests.manager.rig import result_of

LOSS = Loss("a" * 64, "web", "n:1", "ENGINE", "node-1", True, {"Config": {"Image": "x"}})


def state(member: Member) -> OperatorState:
    return OperatorState(shared=member.book)


def cordoned(intent: NodeIntent) -> NodeIntent:
    return replace(intent, cordoned=True)


def labelled(intent: NodeIntent) -> NodeIntent:
    return replace(intent, labels={**intent.labels, "zone": "b"})


def test_what_is_decided_at_one_is_known_at_all() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    changes: list[Book] = []
    a.book.on_change = lambda before, after: changes.append(after)
    result_of(state(b).change_node("n:1", cordoned))
    assert a.book.book.nodes == {"n:1": NodeIntent(cordoned=True)} == changes[0].nodes
    result_of(state(a).change_node("n:1", lambda intent: NodeIntent()))
    assert b.book.book.nodes == {}
    assert a.book.book.key and a.book.book.key == b.book.book.key


def test_two_that_change_one_node_in_one_moment_lose_nothing() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    for watch in b.store.watches[:]:  # the news are still on their way
        watch.stop()
    result_of(state(a).change_node("n:1", cordoned))
    assert b.book.book.nodes == {}
    result_of(state(b).change_node("n:1", labelled))
    assert a.book.book.nodes["n:1"] == NodeIntent(True, False, {"zone": "b"})
    assert b.book.book == a.book.book and b.membership.conflicts == 1


def test_what_is_the_leaders_to_do_nobody_else_does() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    result_of(state(a).lose({LOSS.id: LOSS}))
    with pytest.raises(Unavailable, match="leads"):
        result_of(state(b).spare({LOSS.id}))
    assert b.book.book.losses[LOSS.id].name == "web"


def test_a_leader_of_yesterday_is_stopped_by_the_store() -> None:
    """It has slept: of the new leader it knows nothing."""
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    for watch in a.store.watches[:]:
        watch.stop()
    shared.drop(shared.owners["leader"])
    assert b.election.leads and a.election.leads
    with pytest.raises(Unavailable):
        result_of(state(a).lose({LOSS.id: LOSS}))
    assert b.book.book.losses == {}


def test_who_lost_it_knows_the_configuration_that_is_not_in_the_store() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    result_of(state(a).lose({LOSS.id: LOSS}))
    assert a.book.book.losses[LOSS.id].inspect == LOSS.inspect
    assert b.book.book.losses[LOSS.id].inspect == {}


def test_hundreds_are_written_in_portions() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    losses = {f"{n:064x}": replace(LOSS, id=f"{n:064x}") for n in range(100)}
    result_of(state(a).lose(losses))
    assert b.book.book.losses.keys() == losses.keys()
    result_of(state(a).spare(set(losses)))
    assert b.book.book.losses == {}


def test_what_was_on_the_disk_is_taken_in_once() -> None:
    shared = server()
    old = Book(
        {"n:1": NodeIntent(cordoned=True)}, {}, {"b" * 64: Tombstone("b" * 64, "x", "E")}, "d" * 64
    )
    a = Member(shared, "a", inherited=old)
    assert a.taken == ["taken"] and a.book.book == old
    result_of(state(a).change_node("n:1", lambda intent: NodeIntent(labels={"zone": "a"})))
    b = Member(shared, "b", inherited=old)
    assert b.taken == ["taken"] and not b.book.book.nodes["n:1"].cordoned, "the store is newer"


def test_a_store_that_is_emptied_is_told_again_what_was_known() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    result_of(state(a).change_node("n:1", cordoned))
    known = a.book.book
    result_of(b.store.commit([], [Delete(key) for key in list(shared.entries)]))
    assert a.book.book == b.book.book == known
    assert NODES + word("n:1") in shared.entries and MARK in shared.entries
    assert Member(shared, "c").book.book == known


def test_what_is_not_understood_is_left_out_and_told() -> None:
    shared = server()
    a = Member(shared, "a")
    result_of(a.store.commit([], [Put(f"{LOSSES}{'a' * 64}", b"{}"), Put(f"{NODES}=x", b"1")]))
    assert a.book.book.losses == {} and len(a.book.notices()) == 2
    result_of(a.store.commit([], [Delete(f"{NODES}=x")]))
    assert len(a.book.notices()) == 1


def test_without_the_store_nothing_is_decided() -> None:
    shared = server()
    a = Member(shared, "a")
    a.store.cut()
    advance(shared, 10.0)
    with pytest.raises(Unavailable):
        result_of(a.membership.commit([], [Put("x", b"y")]))
    assert "does not answer" in a.membership.complaint()


def test_an_operator_does_not_wait_for_a_store_that_hangs() -> None:
    shared = server()
    a = Member(shared, "a")
    asked: list[Deferred[int]] = []

    def commit(*question: object) -> Deferred[int]:
        asked.append(Deferred())
        return asked[-1]

    a.store.commit = commit  # type: ignore[assignment, method-assign]
    change = Deferred.fromCoroutine(state(a).change_node("n:1", cordoned))
    advance(shared, WAIT - 1)
    assert asked and not change.called
    advance(shared, 1)
    with pytest.raises(Unavailable, match="memory:// did not agree within 5 s"):
        change.result.raiseException()  # type: ignore[union-attr]
    change.addErrback(lambda failure: None)
