"""What befalls Consul, on a real one. What it promises: tests/contract/test_consul_store.py."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest

from swarmd.store.consul import ConsulStore
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.interfaces import Put
from swarmd.store.login import Login
from tests.lab.stores import StoreMember, consul_member
from tests.store.faults import REACTOR, Seen, StoreFaults

pytestmark = pytest.mark.engines

_ACL = 'acl { enabled = true, default_policy = "deny", tokens { master = "%s" } }'


class ConsulFaultTests(StoreFaults):
    def store(self, members: Sequence[StoreMember], login: Login | None = None) -> ConsulStore:
        places = ["127.0.0.1:1", *(member.place for member in members)]
        store = ConsulStore(HttpEndpoints(REACTOR, "consul://lab/p", places, None), "p", login)
        self.closing(store)
        return store

    @pytest.mark.soak
    async def test_a_store_that_is_gone_and_comes_back(self) -> None:
        (member,) = self.start([consul_member(self.folder)])
        store = self.store([member])
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        seen = Seen(k=b"1")
        store.watch(await store.read(""), seen.receive)
        member.stop()
        self.assertIn("consul://lab/p", await self.lost(store.commit([], [Put("k", b"2")])))
        self.assertIsNotNone(store.outage)
        self.start([member])
        await self.answered(lambda: store.commit([], [Put("k", b"3")]))
        await self.until(lambda: seen == {"k": b"3"})
        self.assertIsNone(store.outage)

    async def test_a_session_that_somebody_ends(self) -> None:
        (member,) = self.start([consul_member(self.folder)])
        store = self.store([member])
        session = await self.answered(lambda: store.session(10))
        await store.commit([], [Put("k", b"1", bound=True)])
        http = HttpEndpoints(REACTOR, "consul", [member.place], None)
        await http.ask("PUT", f"/v1/session/destroy/{session.id}")
        await http.close()
        ends: list[int] = []
        session.on_end(lambda: ends.append(1))
        self.assertIn("session", await self.lost(store.commit([], [Put("k", b"1", bound=True)])))
        self.assertEqual(ends, [1])
        self.assertEqual((await store.read("")).entries, ())

    async def test_a_token(self) -> None:
        token = "5a4ef7f2-6f2b-4a3c-9d5b-0a5a3c1f8f10"
        (member,) = self.start([consul_member(self.folder, ["-hcl", _ACL % token])])
        store = self.store([member], Login("", token))
        await self.answered(lambda: store.commit([], [Put("k", b"1")]))
        self.assertEqual(orjson.loads(b"1"), len((await store.read("")).entries))
        for wrong in (None, Login("", "1b2f3c4d-0000-4a3c-9d5b-0a5a3c1f8f10")):
            why = await self.lost(self.store([member], wrong).commit([], [Put("k", b"2")]))
            self.assertIn("consul://lab/p: ", why)
            self.assertNotIn(token, why)

    @pytest.mark.soak
    async def test_no_increment_is_lost_while_the_server_is(self) -> None:
        members = self.start([consul_member(self.folder)])
        await self.count_while_members_are_lost([self.store(members), self.store(members)], members)
