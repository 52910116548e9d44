"""A client of ZooKeeper that has nobody to talk to."""

from __future__ import annotations

from kazoo.exceptions import AuthFailedError, NoNodeError
from twisted.internet.defer import TimeoutError
from twisted.trial.unittest import TestCase

from swarmd.store.interfaces import StoreLost
from swarmd.store.zookeeper import client as module
from swarmd.store.zookeeper.client import ZooKeeperClient, words
from tests.store.faults import REACTOR


class ZooKeeperClientTests(TestCase):
    async def test_nobody_listens(self) -> None:
        self.patch(module, "CONNECT", 0.2)
        expired: list[int] = []
        client = ZooKeeperClient(
            REACTOR, "zk://lab", ["127.0.0.1:1"], None, None, 10.0, lambda: expired.append(1)
        )
        with self.assertRaisesRegex(StoreLost, "zk://lab cannot be reached"):
            await client.ready()
        self.assertEqual((client.id, client.id_number), ("", 0))
        await client.close()
        await client.close()
        self.assertEqual(expired, [])

    def test_words(self) -> None:
        self.assertEqual(words(AuthFailedError()), "the log-in was refused")
        self.assertEqual(words(TimeoutError()), "no answer within 4 s")
        self.assertEqual(words(NoNodeError("x")), "NoNode: x")
        self.assertEqual(words(NoNodeError()), "NoNode")
