"""What swarmd takes for granted of a store of shared keys, whichever it is."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from swarmd.store.commit_rules import MOST_KEYS
from swarmd.store.interfaces import (
    Absent,
    Change,
    CommitConflict,
    Delete,
    KeyValue,
    Put,
    Store,
    StoreLost,
    Unchanged,
)

REACTOR: Any = reactor
PATIENCE = 100.0  # seconds for anything at all
_numbers = itertools.count(1)


async def until(check: Callable[[], object]) -> None:
    """Waits for what the reactor brings."""
    deadline = REACTOR.seconds() + PATIENCE
    while not check():
        assert REACTOR.seconds() < deadline, "nothing came"
        await deferLater(REACTOR, 0.01)


class Picture:
    """What a watch made of what it received.

    Attributes:
        received: Of each call, the revision and the keys.
    """

    def __init__(self, entries: Sequence[KeyValue]) -> None:
        self.now = {entry.key: entry for entry in entries}
        self.received: list[tuple[int, list[str]]] = []

    def receive(self, revision: int, changes: Sequence[Change]) -> None:
        self.received.append((revision, [change.key for change in changes]))
        for change in changes:
            if change.entry is None:
                self.now.pop(change.key, None)
            else:
                self.now[change.key] = change.entry

    def has(self, **values: bytes) -> bool:
        return {key: entry.value for key, entry in self.now.items()} == values


class StorePromises(TestCase):
    """Each test has a prefix of its own; ``opened()`` is another process's way to it."""

    __test__ = False
    timeout = PATIENCE
    shortest_session = 1.0  # seconds

    def setUp(self) -> None:
        self.prefix = f"test-{os.getpid()}/{next(_numbers)}"
        self.a, self.b = self.opened(), self.opened()

    def opened(self) -> Store:
        store = self.connect(self.prefix)
        self.addCleanup(lambda: Deferred.fromCoroutine(store.close()))
        return store

    def connect(self, prefix: str) -> Store:
        raise NotImplementedError

    async def keys(self, store: Store, prefix: str = "") -> list[str]:
        return [entry.key for entry in (await store.read(prefix)).entries]

    async def test_nothing_stands_at_first(self) -> None:
        self.assertEqual((await self.a.read("")).entries, ())
        self.assertIsNone(self.a.outage)

    async def test_what_is_put_is_read(self) -> None:
        value = bytes(range(256))
        puts = [Put("x/2", value), Put("x/1", b"1"), Put("xy", b"2"), Put("y/1:2[::1]", b"3")]
        revision = await self.a.commit([], puts)
        snapshot = await self.b.read("x/")
        entries = (KeyValue("x/1", b"1", revision), KeyValue("x/2", value, revision))
        self.assertEqual(snapshot.entries, entries)
        self.assertGreaterEqual(snapshot.revision, revision)
        self.assertEqual(await self.keys(self.b), ["x/1", "x/2", "xy", "y/1:2[::1]"])

    async def test_prefixes_do_not_see_each_other(self) -> None:
        await self.a.commit([], [Put("k", b"1")])
        for prefix in (f"{self.prefix}0", f"{self.prefix}/k", self.prefix[:-1] + "x"):
            other = self.connect(prefix)
            self.addCleanup(lambda other=other: Deferred.fromCoroutine(other.close()))
            self.assertEqual(await self.keys(other), [])

    async def test_one_of_two_takes_what_is_absent(self) -> None:
        revision = await self.a.commit([Absent("names/web")], [Put("names/web", b"a")])
        with self.assertRaises(CommitConflict) as conflict:
            await self.b.commit(
                [Absent("names/db"), Absent("names/web")],
                [Put("names/db", b"b"), Put("names/web", b"b")],
            )
        standing = KeyValue("names/web", b"a", revision)
        self.assertEqual(conflict.exception.standing, (("names/db", None), ("names/web", standing)))
        self.assertEqual(await self.keys(self.b), ["names/web"])

    async def test_what_is_unchanged_is_replaced_once(self) -> None:
        first = await self.a.commit([], [Put("k", b"1"), Put("other", b"1")])
        second = await self.a.commit([Unchanged("k", first)], [Put("k", b"2")])
        self.assertGreater(second, first)
        with self.assertRaises(CommitConflict) as conflict:
            await self.b.commit([Unchanged("k", first)], [Put("k", b"3"), Delete("other")])
        self.assertEqual(conflict.exception.standing, (("k", KeyValue("k", b"2", second)),))
        self.assertEqual(await self.keys(self.a), ["k", "other"])

    async def test_a_key_that_went_and_came_back_is_another(self) -> None:
        first = await self.a.commit([], [Put("k", b"1")])
        await self.b.commit([Unchanged("k", first)], [Delete("k")])
        with self.assertRaises(CommitConflict):
            await self.a.commit([Unchanged("k", first)], [Put("k", b"2")])
        again = await self.b.commit([Absent("k")], [Put("k", b"1")])
        self.assertGreater(again, first)
        with self.assertRaises(CommitConflict) as conflict:
            await self.a.commit([Unchanged("k", first)], [Delete("k")])
        self.assertEqual(conflict.exception.standing, (("k", KeyValue("k", b"1", again)),))

    async def test_a_condition_may_be_of_a_key_that_is_not_written(self) -> None:
        fence = await self.a.commit([], [Put("leader", b"a")])
        await self.a.commit([Unchanged("leader", fence), Absent("stopped")], [Put("k", b"1")])
        await self.b.commit([], [Put("leader", b"b")])
        with self.assertRaises(CommitConflict):
            await self.a.commit([Unchanged("leader", fence)], [Delete("k")])
        self.assertEqual(await self.keys(self.a), ["k", "leader"])

    async def test_what_is_not_there_may_be_deleted(self) -> None:
        await self.a.commit([], [Put("k", b"1")])
        await self.a.commit([], [Delete("nothing")])
        await self.a.commit([Absent("nothing")], [Delete("nothing"), Delete("k")])
        self.assertEqual(await self.keys(self.a), [])

    async def test_many_at_once_never_both_take_one_key(self) -> None:
        """Fifty commits each by two, of ten counters: no increment is lost."""

        async def increments(store: Store, key: str, times: int) -> None:
            while times:
                found = {entry.key: entry for entry in (await store.read(key)).entries}
                entry = found.get(key)
                condition = Absent(key) if entry is None else Unchanged(key, entry.revision)
                value = 1 if entry is None else int(entry.value) + 1
                try:
                    await store.commit([condition], [Put(key, str(value).encode())])
                    times -= 1
                except CommitConflict:
                    continue

        keys = [f"count/{n}" for n in range(10)]
        work = [increments(store, key, 5) for key in keys for store in (self.a, self.b)]
        await gatherResults([Deferred.fromCoroutine(each) for each in work])
        counts = {entry.key: entry.value for entry in (await self.a.read("count/")).entries}
        self.assertEqual(counts, dict.fromkeys(keys, b"10"))

    async def test_a_burst_is_done_to_its_last_commit(self) -> None:
        await self.a.session(30)

        async def take(number: int) -> int:
            key = f"names/{number}"
            return await self.a.commit([Absent(key)], [Put(key, b"1", bound=True)])

        work = [Deferred.fromCoroutine(take(number)) for number in range(300)]
        self.assertEqual(len(set(await gatherResults(work))), 300)
        self.assertEqual(len(await self.keys(self.b)), 300)

    async def test_the_largest_commit_is_one(self) -> None:
        keys = [f"k{n:02}" for n in range(MOST_KEYS)]
        value = b"v" * (12 << 10)
        revision = await self.a.commit(
            [Absent(key) for key in keys], [Put(key, value) for key in keys]
        )
        again = await self.b.commit(
            [Unchanged(key, revision) for key in keys], [Put(key, value) for key in keys]
        )
        await self.a.commit([Unchanged(key, again) for key in keys], [Delete(key) for key in keys])
        self.assertEqual(await self.keys(self.b), [])

    async def test_a_commit_that_no_store_can_do(self) -> None:
        with self.assertRaises(ValueError):
            await self.a.commit([], [Put("a//b", b"1")])

    async def test_a_watch_receives_what_comes_changes_and_goes(self) -> None:
        await self.a.commit([], [Put("x/1", b"1"), Put("y/1", b"1")])
        snapshot = await self.b.read("x/")
        picture = Picture(snapshot.entries)
        self.b.watch(snapshot, picture.receive)
        await self.a.commit([], [Put("x/2", b"1"), Put("y/2", b"1")])
        await until(lambda: picture.has(**{"x/1": b"1", "x/2": b"1"}))
        await self.a.commit([], [Put("x/2", b"2")])
        await until(lambda: picture.has(**{"x/1": b"1", "x/2": b"2"}))
        revision = await self.a.commit([], [Delete("x/1"), Put("x/3", b"3")])
        await until(lambda: picture.has(**{"x/2": b"2", "x/3": b"3"}))
        self.assertEqual(picture.now["x/3"].revision, revision)
        self.assertGreaterEqual(picture.received[-1][0], revision)
        revisions = [revision for revision, _ in picture.received]
        self.assertEqual(revisions, sorted(revisions))

    async def test_a_watch_misses_nothing_between_read_and_watch(self) -> None:
        await self.a.commit([], [Put("x/1", b"1"), Put("x/2", b"1"), Put("x/3", b"1")])
        snapshot = await self.b.read("x/")
        picture = Picture(snapshot.entries)
        await self.a.commit([], [Delete("x/1"), Put("x/2", b"2"), Put("x/4", b"4")])
        self.b.watch(snapshot, picture.receive)
        await until(lambda: picture.has(**{"x/2": b"2", "x/3": b"1", "x/4": b"4"}))

    async def test_what_one_commit_writes_comes_in_one(self) -> None:
        picture = Picture(())
        self.b.watch(await self.b.read(""), picture.receive)
        halves: list[object] = []

        def receive(revision: int, changes: Sequence[Change]) -> None:
            picture.receive(revision, changes)
            values = {picture.now[key].value for key in ("l", "r") if key in picture.now}
            if len(values) != 1 or len(picture.now) != 2:
                halves.append(dict(picture.now))

        self.b.watch(await self.b.read(""), receive)
        for number in range(40):
            value = str(number).encode()
            await self.a.commit([], [Put("l", value), Put("r", value)])
        await until(lambda: picture.has(l=b"39", r=b"39"))
        self.assertEqual(halves, [])

    async def test_a_watch_that_is_stopped_receives_nothing(self) -> None:
        first, second = Picture(()), Picture(())
        snapshot = await self.b.read("")
        watch = self.b.watch(snapshot, first.receive)
        self.b.watch(snapshot, second.receive)
        watch.stop()
        await self.a.commit([], [Put("k", b"1")])
        await until(lambda: second.has(k=b"1"))
        self.assertEqual(first.received, [])

    async def test_an_error_of_who_receives_does_not_end_the_watch(self) -> None:
        picture = Picture(())

        def receive(revision: int, changes: Sequence[Change]) -> None:
            picture.receive(revision, changes)
            raise RuntimeError("of the test")

        self.b.watch(await self.b.read(""), receive)
        await self.a.commit([], [Put("k", b"1")])
        await until(lambda: picture.has(k=b"1"))
        await self.a.commit([], [Put("k", b"2")])
        await until(lambda: picture.has(k=b"2"))
        self.flushLoggedErrors(RuntimeError)

    async def test_what_is_bound_goes_with_its_session(self) -> None:
        session = await self.a.session(30)
        ends: list[int] = []
        session.on_end(lambda: ends.append(1))
        self.assertTrue(session.held())
        self.assertTrue(session.id)
        puts = [Put("mine", b"1", bound=True), Put("all", b"1"), Put("taken", b"1", bound=True)]
        await self.a.commit([Absent("mine")], puts)
        await self.b.commit([], [Put("taken", b"2")])
        await self.a.commit([], [Put("mine", b"2", bound=True)])
        snapshot = await self.b.read("")
        picture = Picture(snapshot.entries)
        self.b.watch(snapshot, picture.receive)
        await session.end()
        self.assertFalse(session.held())
        self.assertEqual(ends, [1])
        self.assertEqual(await self.keys(self.b), ["all", "taken"])
        await until(lambda: picture.has(all=b"1", taken=b"2"))

    async def test_what_was_bound_and_is_put_to_stay_stays(self) -> None:
        session = await self.a.session(30)
        first = await self.a.commit([], [Put("k", b"1", bound=True), Put("l", b"1")])
        await self.a.commit([Unchanged("k", first)], [Put("k", b"2"), Put("l", b"2", bound=True)])
        await session.end()
        self.assertEqual(await self.keys(self.b), ["k"])

    async def test_what_another_holds_can_be_taken_over(self) -> None:
        mine, others = await self.a.session(30), await self.b.session(30)
        first = await self.a.commit([], [Put("k", b"a", bound=True)])
        await self.b.commit([Unchanged("k", first)], [Put("k", b"b", bound=True)])
        await mine.end()
        self.assertEqual(await self.keys(self.b), ["k"])
        await others.end()
        self.assertEqual(await self.keys(self.a), [])

    async def test_nothing_is_bound_without_a_session(self) -> None:
        with self.assertRaises(StoreLost):
            await self.a.commit([], [Put("k", b"1", bound=True), Put("l", b"1")])
        await (await self.a.session(30)).end()
        with self.assertRaises(StoreLost):
            await self.a.commit([], [Put("k", b"1", bound=True)])
        self.assertEqual(await self.keys(self.a), [])
        await self.a.session(30)
        await self.a.commit([], [Put("k", b"1", bound=True)])

    async def test_a_store_that_is_closed_leaves_nothing_bound(self) -> None:
        store = self.connect(self.prefix)
        await store.session(30)
        await store.commit([], [Put("k", b"1", bound=True)])
        await store.close()
        self.assertEqual(await self.keys(self.b), [])
