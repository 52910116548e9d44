"""The short cuts through the reactor: the byte paths again, and the private names they use."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet import tcp
from twisted.internet.protocol import Protocol

from swarmd.streams.reactor import slow_down, speed_up
from tests.wire import test_forward, test_half_close, test_tunnel
from tests.wire.loopback import REACTOR, Peer, WireCase, turns

ATTACH = test_half_close.ATTACH
SWITCHED = test_half_close.SWITCHED


class Fast(WireCase):
    def setUp(self) -> None:
        super().setUp()
        self.assertTrue(speed_up(REACTOR), "Twisted's epoll reactor is not what it was")
        self.addCleanup(slow_down, REACTOR)


class FastForwardTests(Fast, test_forward.PlainTests):
    pass


class FastHalfCloseTests(Fast, test_half_close.PlainTests):
    pass


class FastTunnelTests(Fast, test_tunnel.PlainTests):
    pass


class FastTlsTests(Fast, test_half_close.BothTlsTests):
    pass


class ShortCutTests(Fast):
    async def joined(self) -> tuple[Peer, Peer]:
        client, engine, _ = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        return client, engine

    async def test_a_small_write_leaves_at_once(self) -> None:
        client, engine = await self.joined()
        client.send(b"abc")
        self.assertEqual(client.wire._tempDataLen, 0)
        self.assertEqual(client.wire.dataBuffer, b"")
        self.assertNotIn(client.wire, REACTOR.getWriters())
        await engine.take(b"abc")

    async def test_order_is_kept_behind_what_is_queued(self) -> None:
        client, engine = await self.joined()
        engine.wire.pauseProducing()
        pieces = [b"%06d" % number * 1000 for number in range(3000)]
        for piece in pieces:
            client.send(piece)
        self.assertIn(client.wire, REACTOR.getWriters(), "the socket is full")
        engine.wire.resumeProducing()
        await engine.take(pieces[-1])
        client.finish()
        await engine.end()

    async def test_nothing_leaves_after_an_abort(self) -> None:
        client, engine = await self.joined()
        client.reset()
        client.send(b"too late")
        await engine.gone()
        self.assertEqual(bytes(engine.got), b"")

    async def test_an_error_of_one_connection_is_not_the_others(self) -> None:
        class Broken(Protocol):
            def dataReceived(self, data: bytes) -> None:
                raise KeyError("broken")

            def connectionLost(self, reason: Any = None) -> None:
                raise KeyError("broken twice")

        ours, theirs = socket.socketpair()
        connection = tcp.Connection(ours, Broken(), REACTOR)
        connection.connected = 1
        connection.startReading()
        theirs.send(b"x")
        client, engine = await self.joined()
        client.send(b"abc")
        await engine.take(b"abc")
        await turns()
        theirs.close()
        self.assertGreaterEqual(len(self.flushLoggedErrors(KeyError)), 1)
