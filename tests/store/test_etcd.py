"""What befalls etcd, on real members. What it promises: tests/contract/test_etcd_store.py."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from twisted.internet.task import deferLater

from swarmd.store.etcd import EtcdStore
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.interfaces import Absent, Delete, Put, StoreUnsure
from swarmd.store.login import Login
from tests.lab.stores import StoreMember, etcd_members
from tests.store.faults import REACTOR, Seen, StoreFaults

pytestmark = pytest.mark.engines

OTHER = "127.0.0.1:1"  # where nobody listens


class EtcdFaultTests(StoreFaults):
    def store(
        self, members: Sequence[StoreMember], login: Login | None = None, *more: str
    ) -> EtcdStore:
        places = [*more, *(member.place for member in members)]
        store = EtcdStore(HttpEndpoints(REACTOR, "etcd://lab/p", places, None), "p", login)
        self.closing(store)
        return store

    async def ask(self, member: StoreMember, path: str, **question: Any) -> Any:
        http = HttpEndpoints(REACTOR, "etcd", [member.place], None)
        try:
            answer = await http.ask("POST", path, orjson.dumps(question))
            return orjson.loads(answer.body)
        finally:
            await http.close()

    async def test_a_store_that_is_gone_and_comes_back(self) -> None:
        (member,) = self.start(etcd_members(self.folder))
        store = self.store([member])
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        seen = Seen(k=b"1")
        store.watch(await store.read(""), seen.receive)
        member.stop()
        why = await self.lost(store.commit([], [Put("k", b"2")]))
        self.assertIn("etcd://lab/p", why)
        self.assertIn("efused", why)
        self.assertIn("efused", await self.lost(store.read("")))
        assert store.outage is not None
        since = store.outage.since
        self.assertIn("efused", await self.lost(store.session(10)))
        self.assertEqual(store.outage.since, since)
        self.start([member])
        await self.answered(lambda: store.commit([], [Put("k", b"3")]))
        await self.until(lambda: seen == {"k": b"3"})
        self.assertIsNone(store.outage)

    @pytest.mark.soak
    async def test_a_store_that_hangs_leaves_a_commit_open_and_slow_is_not_lost(self) -> None:
        (member,) = self.start(etcd_members(self.folder))
        store = self.store([member])
        await self.answered(lambda: store.read(""))
        member.freeze()
        REACTOR.callLater(2, member.thaw)
        await store.commit([Absent("k")], [Put("k", b"1")])  # slow: two seconds
        member.freeze()
        began = REACTOR.seconds()
        with self.assertRaises(StoreUnsure):
            await store.commit([], [Put("k", b"2")])
        self.assertLess(REACTOR.seconds() - began, 60)
        assert store.outage is not None
        member.thaw()
        await self.answered(lambda: store.read(""))

    @pytest.mark.soak
    async def test_members_that_are_lost_are_done_without(self) -> None:
        members = self.start(etcd_members(self.folder, 3))
        store, other = self.store(members, None, OTHER), self.store(members[1:])
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        await self.answered(lambda: other.read(""))
        session = await store.session(30)
        seen = Seen()
        store.watch(await store.read(""), seen.receive)
        await store.commit([], [Put("k", b"2", bound=True)])
        await self.until(lambda: seen == {"k": b"2"})
        members[0].stop()
        await self.answered(lambda: store.commit([], [Put("l", b"1")]))
        await self.answered(lambda: other.commit([], [Put("m", b"1")]))
        await self.until(lambda: seen == {"k": b"2", "l": b"1", "m": b"1"})
        self.assertTrue(session.held())
        members[1].freeze()  # two of three do not answer
        await self.until(lambda: members[2].listens())
        with self.assertRaises(Exception) as raised:
            await store.commit([], [Put("n", b"1")])
        self.assertIn(type(raised.exception).__name__, ("StoreLost", "StoreUnsure"))
        members[1].thaw()
        await self.answered(lambda: other.commit([], [Delete("m")]))
        await self.until(lambda: "m" not in seen)

    @pytest.mark.soak
    async def test_no_increment_is_lost_while_members_are(self) -> None:
        """What was acknowledged is there once; what was left open, once or not at all."""
        members = self.start(etcd_members(self.folder, 3))
        stores = [self.store(members), self.store(members[1:] + members[:1])]
        await self.count_while_members_are_lost(stores, members)

    @pytest.mark.soak
    async def test_a_session_that_cannot_be_renewed_ends_before_its_keys_go(self) -> None:
        members = self.start(etcd_members(self.folder))
        store = self.store(members)
        session = await self.answered(lambda: store.session(2))
        await store.commit([], [Put("mine", b"1", bound=True), Put("all", b"1")])
        await deferLater(REACTOR, 4)
        self.assertTrue(session.held())  # it was renewed
        ends: list[int] = []
        session.on_end(lambda: ends.append(1))
        members[0].freeze()
        await self.until(lambda: ends)
        self.assertFalse(session.held())
        members[0].thaw()
        seen = Seen(mine=b"1", all=b"1")
        store.watch(await self.answered(lambda: store.read("")), seen.receive)
        self.assertIn("session", await self.lost(store.commit([], [Put("k", b"1", bound=True)])))
        await self.until(lambda: seen == {"all": b"1"} or "mine" not in seen)

    async def test_a_store_that_is_full_says_so_and_is_read(self) -> None:
        members = self.start(etcd_members(self.folder, options=["--quota-backend-bytes=1000000"]))
        store = self.store(members)
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        why = ""
        while not why:
            try:
                await store.commit([], [Put("big", bytes(200_000))])
            except Exception as error:  # noqa: BLE001 - it is looked at
                why = str(error)
        self.assertIn("space exceeded", why)
        self.assertIn("space exceeded", await self.lost(store.commit([], [Put("k", b"2")])))
        found = {entry.key: entry.value[:1] for entry in (await store.read("")).entries}
        self.assertEqual(found["k"], b"1")

    async def test_log_in(self) -> None:
        (member,) = self.start(etcd_members(self.folder))
        await self.answered(lambda: self.store([member]).read(""))
        await self.ask(member, "/v3/auth/user/add", name="root", password="secret")
        await self.ask(member, "/v3/auth/role/add", name="root")
        await self.ask(member, "/v3/auth/user/grant", user="root", role="root")
        await self.ask(member, "/v3/auth/enable")
        store = self.store([member], Login("root", "secret"))
        await store.commit([], [Put("k", b"1")])
        seen = Seen(k=b"1")
        store.watch(await store.read(""), seen.receive)
        member.stop()  # and with it, what it knows of tokens
        self.start([member])
        await self.answered(lambda: store.commit([], [Put("k", b"2")]))
        await self.until(lambda: seen == {"k": b"2"})
        for wrong in (None, Login("root", "wrong"), Login("nobody", "secret")):
            other = self.store([member], wrong)
            why = await self.lost(other.read(""))
            self.assertRegex(why, "etcd://lab/p: .*(user name is empty|authentication failed)")
            self.assertNotIn("secret", why)

    async def test_what_is_emptied_and_what_is_new_is_seen(self) -> None:
        (member,) = self.start(etcd_members(self.folder))
        store = self.store([member])
        for number in range(20):
            await self.answered(lambda n=number: store.commit([], [Put(f"k{n}", b"1")]))
        seen = Seen()
        snapshot = await store.read("")
        seen.update({entry.key: entry.value for entry in snapshot.entries})
        store.watch(snapshot, seen.receive)
        every = {"key": b64encode(b"p/").decode(), "range_end": b64encode(b"p0").decode()}
        await self.ask(member, "/v3/kv/deleterange", **every)
        await self.until(lambda: not seen)
        await store.commit([], [Put("k", b"1")])
        await self.until(lambda: seen == {"k": b"1"})
        member.stop()
        shutil.rmtree(member.folder / "data")  # another store is there now, with lower revisions
        self.start([member])
        await self.answered(lambda: store.commit([Absent("l")], [Put("l", b"1")]))
        await self.until(lambda: seen == {"l": b"1"})

    async def test_what_was_compacted_is_read_anew(self) -> None:
        (member,) = self.start(etcd_members(self.folder))
        store = self.store([member])
        await self.answered(lambda: store.commit([], [Put("gone", b"1"), Put("k", b"1")]))
        snapshot = await store.read("")
        await store.commit([], [Delete("gone")])
        await store.commit([], [Put("k", b"2")])
        revision = await store.commit([], [Put("l", b"1")])
        await self.ask(member, "/v3/kv/compaction", revision=str(revision))
        seen = Seen(gone=b"1", k=b"1")
        store.watch(snapshot, seen.receive)
        await self.until(lambda: seen == {"k": b"2", "l": b"1"})
