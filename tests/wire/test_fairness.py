"""Clients that send ahead, with and without reading, and one that only asks once."""

from __future__ import annotations

import socket
from typing import Any

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from swarmd.service.process.listen import TCP_NOTSENT_LOWAT, UNSENT, _bounded
from tests.wire.loopback import WireCase, turns

ASK = b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"
PING = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 20_000
BODY = b"x" * 1000
HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: swarmd\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\n\r\n"
)
SIZE = len(HEAD + BODY)


class Ready(Resource):
    """Answers at once.

    Attributes:
        served: How many were, but for pings.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.served = 0

    def render(self, request: Any) -> int:
        if request.path == b"/ping":
            request.reply(200, b"pong")
        else:
            self.served += 1
            request.reply(200, BODY)
        return NOT_DONE_YET


class PlainTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        self.ready = self.site.resource = Ready()

    def _listen(self, factory: Any, encrypted: bool) -> Any:
        return _bounded(super()._listen(factory, encrypted))

    async def test_one_answer_does_not_wait_for_thousands(self) -> None:
        greedy, other = [await self.client() for _ in range(10)], await self.client()
        for one in greedy:
            one.send(ASK * (MANY // 10))
        self.assertEqual(await greedy[0].head(), HEAD)
        for _ in range(5):
            before = self.ready.served
            other.send(PING)
            await other.take(b"pong")
            self.assertLess(self.ready.served - before, MANY // 4)
        self.assertLess(self.ready.served, MANY)
        for one in greedy:
            await one.until(lambda one=one: one.total >= MANY // 10 * SIZE)
        self.assertEqual(self.ready.served, MANY)

    async def test_who_does_not_read_is_not_served(self) -> None:
        greedy, other = await self.client(), await self.client()
        greedy.wire.pauseProducing()
        greedy.send(ASK * MANY)
        await self._stands_still()
        # What swarmd's and both kernels' buffers hold: 20 MB would be all.
        self.assertLess(self.ready.served * len(BODY), 4 << 20)
        other.send(PING)
        await other.take(b"pong")
        greedy.wire.resumeProducing()
        await greedy.count(MANY * SIZE)
        self.assertEqual(self.ready.served, MANY)

    async def _stands_still(self) -> None:
        before = -1
        while before != self.ready.served:
            before = self.ready.served
            await turns(50)

    async def test_what_was_sent_before_the_end_is_answered(self) -> None:
        client = await self.client()
        client.send(ASK * 100)
        client.finish()
        await client.gone()
        self.assertEqual(bytes(client.got).count(b"HTTP/1.1 200"), 100)


class EncryptedTests(PlainTests):
    client_tls = True


class KernelTests(WireCase):
    async def test_it_is_told_once_for_all_connections(self) -> None:
        _bounded(self.port)
        client = await self.client()
        client.send(PING)
        await turns()
        [channel] = self.site._connections
        accepted = channel.transport.socket
        self.assertEqual(accepted.getsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT), UNSENT)
