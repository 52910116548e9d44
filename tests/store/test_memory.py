"""The store in memory, cut off and healed. What each store promises: tests/contract."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.store.interfaces import (
    Absent,
    Change,
    CommitConflict,
    Delete,
    KeyValue,
    Put,
    StoreLost,
    StoreUnsure,
    Unchanged,
)
from swarmd.store.memory import MemoryServer, MemoryStore

T = TypeVar("T")


def done(work: Coroutine[Deferred[Any], Any, T]) -> T:
    """What it gives; a store in memory never waits."""
    results: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(results.append)
    if hasattr(results[0], "raiseException"):
        results[0].raiseException()
    return results[0]  # type: ignore[no-any-return]


class Received:
    """What a watch received."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, Sequence[Change]]] = []

    def __call__(self, revision: int, changes: Sequence[Change]) -> None:
        self.calls.append((revision, changes))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> MemoryServer:
    return MemoryServer(clock)


@pytest.fixture
def a(server: MemoryServer) -> MemoryStore:
    return MemoryStore(server)


@pytest.fixture
def b(server: MemoryServer) -> MemoryStore:
    return MemoryStore(server)


def test_one_of_two_takes_a_name(a: MemoryStore, b: MemoryStore) -> None:
    revision = done(a.commit([Absent("names/web")], [Put("names/web", b"a")]))
    with pytest.raises(CommitConflict) as conflict:
        done(b.commit([Absent("names/web")], [Put("names/web", b"b")]))
    assert conflict.value.standing == (("names/web", KeyValue("names/web", b"a", revision)),)


def test_a_key_that_went_and_came_back_is_another(a: MemoryStore) -> None:
    first = done(a.commit([], [Put("k", b"1")]))
    done(a.commit([Unchanged("k", first)], [Delete("k")]))
    done(a.commit([], [Put("k", b"1")]))
    with pytest.raises(CommitConflict):
        done(a.commit([Unchanged("k", first)], [Delete("k")]))


def test_a_watch_has_each_commit_in_one(a: MemoryStore, b: MemoryStore) -> None:
    received = Received()
    watch = a.watch(done(a.read("x/")), received)
    revision = done(b.commit([], [Put("x/1", b"1"), Put("y/1", b"1"), Put("x/2", b"2")]))
    entries = [KeyValue("x/1", b"1", revision), KeyValue("x/2", b"2", revision)]
    assert received.calls == [(revision, [Change(entry.key, entry) for entry in entries])]
    watch.stop()
    done(b.commit([], [Delete("x/1")]))
    assert len(received.calls) == 1


def test_a_watch_begins_where_it_was_read(a: MemoryStore, b: MemoryStore) -> None:
    done(a.commit([], [Put("x/1", b"1"), Put("x/2", b"1")]))
    snapshot, received = done(a.read("x/")), Received()
    revision = done(b.commit([], [Put("x/2", b"2"), Delete("x/1")]))
    a.watch(snapshot, received)
    changed = [Change("x/1", None), Change("x/2", KeyValue("x/2", b"2", revision))]
    assert received.calls == [(revision, changed)]


def test_what_a_receiver_commits_comes_after_what_it_received(
    a: MemoryStore, b: MemoryStore
) -> None:
    def answer(revision: int, changes: Sequence[Change]) -> None:
        if changes[0].key == "ask":
            done(a.commit([], [Put("answer", b"1")]))

    a.watch(done(a.read("")), answer)
    received = Received()
    b.watch(done(b.read("")), received)
    done(b.commit([], [Put("ask", b"1")]))
    assert [changes[0].key for _, changes in received.calls] == ["ask", "answer"]


def test_a_store_that_is_cut_off_catches_up(a: MemoryStore, b: MemoryStore) -> None:
    done(a.commit([], [Put("x/1", b"1"), Put("x/2", b"1")]))
    received = Received()
    a.watch(done(a.read("x/")), received)
    a.cut("gone")
    for work in (a.read(""), a.commit([], [Delete("x/1")]), a.session(10)):
        with pytest.raises(StoreLost, match="gone"):
            done(work)  # type: ignore[arg-type]
    assert a.outage is not None
    assert b.outage is None
    done(b.commit([], [Delete("x/1")]))
    revision = done(b.commit([], [Put("x/2", b"2")]))
    assert received.calls == []
    a.heal()
    changed = [Change("x/1", None), Change("x/2", KeyValue("x/2", b"2", revision))]
    assert received.calls == [(revision, changed)]
    assert a.outage is None


def test_an_answer_that_is_lost(a: MemoryStore) -> None:
    a.lose_answers = 1
    with pytest.raises(StoreUnsure):
        done(a.commit([], [Put("k", b"1")]))
    assert [entry.key for entry in done(a.read("")).entries] == ["k"]


def test_a_session_that_is_cut_off_ends_before_its_keys_go(
    a: MemoryStore, b: MemoryStore, clock: Clock
) -> None:
    session, ends = done(a.session(10)), list[int]()
    session.on_end(lambda: ends.append(1))
    done(a.commit([], [Put("mine", b"1", bound=True), Put("all", b"1")]))
    a.cut()
    clock.advance(8.9)
    assert session.held()
    clock.advance(0.2)
    assert not session.held()
    assert ends == [1]
    assert [entry.key for entry in done(b.read("")).entries] == ["all", "mine"]
    clock.advance(1)
    assert [entry.key for entry in done(b.read("")).entries] == ["all"]
    a.heal()
    with pytest.raises(StoreLost, match="session"):
        done(a.commit([], [Put("mine", b"1", bound=True)]))
    session.on_end(lambda: ends.append(2))
    assert ends == [1, 2]


def test_a_short_cut_ends_no_session(a: MemoryStore, clock: Clock) -> None:
    session = done(a.session(10))
    a.cut()
    clock.advance(5)
    a.heal()
    clock.advance(100)
    assert session.held()


def test_keys_of_an_ended_session_go_unless_they_were_put_again(
    a: MemoryStore, b: MemoryStore
) -> None:
    session = done(a.session(10))
    done(a.commit([], [Put("1", b"1", bound=True), Put("2", b"1", bound=True)]))
    done(b.commit([], [Put("2", b"2")]))
    done(session.end())
    assert [entry.key for entry in done(b.read("")).entries] == ["2"]


def test_a_closed_store_leaves_nothing_bound(a: MemoryStore, b: MemoryStore, clock: Clock) -> None:
    received = Received()
    a.watch(done(a.read("")), received)
    done(a.session(10))
    done(a.commit([], [Put("1", b"1", bound=True)]))
    done(a.close())
    assert done(b.read("")).entries == ()
    assert len(received.calls) == 1
    assert clock.getDelayedCalls() == []
