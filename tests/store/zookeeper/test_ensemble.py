"""What befalls ZooKeeper, on a real one; its promises: tests/contract/test_zookeeper_store.py."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from kazoo.client import KazooClient
from twisted.internet.threads import deferToThread

from swarmd.store.interfaces import Put, StoreUnsure
from swarmd.store.login import Login
from swarmd.store.zookeeper.ensemble import ZooKeeperStore
from tests.lab.stores import StoreMember, zookeeper_member
from tests.store.faults import REACTOR, Seen, StoreFaults

pytestmark = pytest.mark.engines


class ZooKeeperFaultTests(StoreFaults):
    def store(self, members: Sequence[StoreMember], login: Login | None = None) -> ZooKeeperStore:
        places = ["127.0.0.1:1", *(member.place for member in members)]
        store = ZooKeeperStore(REACTOR, "zk://lab/p", places, "p", None, login)
        self.closing(store)
        return store

    @pytest.mark.soak
    async def test_a_store_that_is_gone_and_comes_back(self) -> None:
        (member,) = self.start([zookeeper_member(self.folder)])
        store = self.store([member])
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        seen = Seen(k=b"1")
        store.watch(await store.read(""), seen.receive)
        member.stop()
        for _ in range(2):
            try:
                self.assertIn("zk://lab/p", await self.lost(store.commit([], [Put("k", b"2")])))
            except StoreUnsure:
                continue
        self.assertIsNotNone(store.outage)
        self.start([member])
        await self.answered(lambda: store.commit([], [Put("k", b"3")]))
        await self.until(lambda: seen == {"k": b"3"})
        self.assertIsNone(store.outage)

    @pytest.mark.soak
    async def test_a_session_that_cannot_be_renewed_ends_before_its_keys_go(self) -> None:
        (member,) = self.start([zookeeper_member(self.folder)])
        store, other = self.store([member]), self.store([member])
        session = await self.answered(lambda: store.session(3))
        await store.commit([], [Put("mine", b"1", bound=True), Put("all", b"1")])
        seen = Seen(mine=b"1", all=b"1")
        other.watch(await other.read(""), seen.receive)
        ends: list[int] = []
        session.on_end(lambda: ends.append(1))
        member.freeze()
        await self.until(lambda: ends)
        self.assertFalse(session.held())
        member.thaw()
        await self.until(lambda: seen == {"all": b"1"})
        self.assertIn("session", await self.lost(store.commit([], [Put("k", b"1", bound=True)])))
        await self.answered(lambda: store.commit([], [Put("l", b"1")]))
        await self.until(lambda: seen == {"all": b"1", "l": b"1"})

    async def test_what_is_emptied_is_seen_and_is_used_on(self) -> None:
        (member,) = self.start([zookeeper_member(self.folder)])
        store = self.store([member])
        await self.answered(lambda: store.commit([], [Put("x/k", b"1"), Put("l", b"1")]))
        seen = Seen({"x/k": b"1", "l": b"1"})
        store.watch(await store.read(""), seen.receive)
        await deferToThread(self.remove, member.place, "/p")
        await self.until(lambda: not seen)
        await self.answered(lambda: store.commit([], [Put("x/k", b"2")]))
        await self.until(lambda: seen == {"x/k": b"2"})

    def remove(self, place: str, path: str) -> None:
        client = KazooClient(place)
        client.start()
        client.delete(path, recursive=True)
        client.stop()
        client.close()

    async def test_log_in(self) -> None:
        (member,) = self.start([zookeeper_member(self.folder)])
        store = self.store([member], Login("me", "secret"))
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        for wrong in (None, Login("me", "wrong")):
            why = await self.lost(self.store([member], wrong).read(""))
            self.assertRegex(why, "zk://lab/p: NoAuth")

    @pytest.mark.soak
    async def test_no_increment_is_lost_while_the_server_is(self) -> None:
        members = self.start([zookeeper_member(self.folder)])
        await self.count_while_members_are_lost([self.store(members), self.store(members)], members)
