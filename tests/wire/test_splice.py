"""Bulk that the kernel moves: the same bytes, the same ends, and no descriptor left behind."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import socket
import tempfile
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from swarmd.streams import splice as module
from swarmd.streams.splice import Gate
from tests.wire.loopback import MANY, REACTOR, Pusher, WireCase, turns
from tests.wire.test_half_close import ATTACH, SWITCHED
from tests.wire.test_tunnel import CHUNK, DOWNLOAD, MISSING, STREAM, UPLOAD

PIECES = 16
WHOLE = hashlib.sha256(CHUNK * PIECES).digest()


def gates() -> int:
    return sum(isinstance(each, Gate) for each in [*REACTOR.getReaders(), *REACTOR.getWriters()])


class SpliceCase(WireCase):
    def setUp(self) -> None:
        super().setUp()
        self.calls = 0
        real = os.splice

        def counted(*given: Any, **more: Any) -> int:
            self.calls += 1
            return real(*given, **more)

        self.patch(module.os, "splice", counted)

    async def tearDown(self) -> None:
        await super().tearDown()
        self.assertEqual(gates(), 0)


class SpliceTests(SpliceCase):
    async def test_up(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        engine.keep = False
        engine.digest = hashlib.sha256()
        Pusher(client, CHUNK, PIECES)
        await engine.end()
        self.assertEqual(engine.digest.digest(), WHOLE)
        self.assertEqual(self.calls, 0, "where it ends has to be looked for")

    async def test_a_sized_upload_and_nothing_behind_it(self) -> None:
        for size in (PIECES << 20, (PIECES << 20) - 7, (2 << 20) + 1, 1 << 20, 1000):
            self.calls = 0
            head = UPLOAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: %d" % size)
            client, engine, sent = await self.asked(head)
            engine.keep = False
            Pusher(client, b"x" * (1 << 20), PIECES + 1)  # as much, and more
            await engine.count(len(sent) + size)
            await turns(20)
            self.assertEqual(engine.total, len(sent) + size)
            self.assertEqual(self.calls > 0, size > (1 << 20))
            engine.send(MISSING)
            engine.finish()
            await client.take(b'{"message":"no"}')
            client.reset()
            await client.gone()

    async def test_down(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        await client.head()
        client.keep = False
        client.digest = hashlib.sha256()
        Pusher(engine, CHUNK, PIECES)
        await client.end()
        self.assertEqual(client.digest.digest(), WHOLE)
        self.assertGreater(self.calls, PIECES)

    async def test_a_small_stream_is_left_alone(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        Pusher(engine, b"5\r\nabcde\r\n", 1000)
        await client.end()
        self.assertEqual(self.calls, 0)

    async def test_tls_is_left_alone(self) -> None:
        self.client_tls = True
        self._make_certificates()
        await self.port.stopListening()
        self.port = self._listen(self.site, True)
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        client.keep = False
        Pusher(engine, CHUNK, 4)
        await client.end()
        self.assertEqual((client.total, self.calls), (len(STREAM) + 4 * len(CHUNK), 0))

    async def test_a_client_that_takes_no_more_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        client.keep = False
        Pusher(engine, CHUNK, 640)
        await client.count(8 << 20)
        broken = OSError(errno.EPIPE, "broken pipe")

        def refuse(source: int, sink: int, *rest: Any, **more: Any) -> int:
            raise broken

        self.patch(module.os, "splice", refuse)
        self.patch(module.Pump, "_take", module.Pump._give)
        await engine.gone()

    async def test_a_client_that_is_reset_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        engine.keep = False
        Pusher(client, CHUNK, 640)
        await engine.count(8 << 20)
        client.reset()
        await engine.gone()
        self.assertFalse(engine.ended)

    async def test_an_engine_that_dies_breaks_the_download(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        await client.head()
        client.keep = False
        Pusher(engine, CHUNK, 640)
        await client.count(8 << 20)
        engine.reset()
        await client.gone()
        self.assertFalse(client.ended)

    async def test_a_client_that_leaves_a_download_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        await client.head()
        client.keep = False
        Pusher(engine, CHUNK, 640)
        await client.count(8 << 20)
        client.finish()
        await engine.gone()

    async def test_a_reader_that_stops_stops_everything(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        await client.head()
        client.keep = False
        pusher = Pusher(engine, CHUNK, MANY + 4)
        await client.count(4 << 20)
        client.wire.pauseProducing()
        await pusher.stalled()
        before = self.calls
        await turns()
        self.assertEqual(self.calls, before, "it waits without asking again and again")
        client.wire.resumeProducing()
        await client.end()
        self.assertEqual(client.total, len(STREAM) + (MANY + 4) * len(CHUNK))

    async def test_a_socket_that_cannot_be_spliced(self) -> None:
        def refuse(*given: Any, **more: Any) -> int:
            self.calls += 1
            raise OSError(errno.EINVAL, "cannot splice")

        self.patch(module.os, "splice", refuse)
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        client.keep = False
        Pusher(engine, CHUNK, PIECES)
        await client.end()
        self.assertEqual(client.total, len(STREAM) + PIECES * len(CHUNK))
        self.assertEqual(self.calls, 1)

    async def test_no_descriptor_is_left(self) -> None:
        await self.test_up()
        await self.no_clients_after_reset()
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for test in (
            self.test_up,
            self.test_down,
            self.test_a_client_that_is_reset_frees_the_engine,
        ):
            await test()
            await self.no_clients_after_reset()
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    async def no_clients_after_reset(self) -> None:
        for peer in [*self._peers, *self.engine.peers]:
            if peer.lost is None:
                peer.reset()
                await peer.gone()
        await self.no_clients()


class HijackedTests(SpliceCase):
    """Attach, exec: a direction that carries bulk is handed over, each by itself."""

    async def switched(self) -> tuple[Any, Any, bytes]:
        client, engine, head = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        client.keep = engine.keep = False
        client.digest, engine.digest = hashlib.sha256(), hashlib.sha256()
        return client, engine, head

    async def test_both_ways_at_once(self) -> None:
        client, engine, _ = await self.switched()
        Pusher(client, CHUNK, PIECES)
        Pusher(engine, CHUNK, PIECES)
        await client.end()
        await engine.end()
        self.assertEqual((client.digest.digest(), engine.digest.digest()), (WHOLE, WHOLE))
        self.assertGreater(self.calls, 2 * PIECES)
        await client.gone()
        await engine.gone()

    async def test_the_count_comes_back_after_the_input_has_ended(self) -> None:
        client, engine, _ = await self.switched()
        Pusher(client, CHUNK, PIECES)
        await engine.end()
        self.assertEqual(engine.digest.digest(), WHOLE)
        client.keep = True
        engine.send(b"that was all")
        engine.finish()
        await client.take(b"that was all")
        await client.gone()

    async def test_somebody_who_types_is_left_alone(self) -> None:
        client, engine, head = await self.switched()
        size = 1000
        for number in range(1, (2 << 20) // size):
            client.send(b"x" * size)
            await engine.count(len(head) + number * size)
        self.assertEqual(self.calls, 0)

    async def test_a_client_that_is_reset_frees_the_engine(self) -> None:
        client, engine, _ = await self.switched()
        Pusher(engine, CHUNK, 640)
        await client.count(8 << 20)
        client.reset()
        await engine.gone()

    async def test_an_engine_that_takes_no_more_is_heard_to_its_end(self) -> None:
        client, engine, _ = await self.switched()
        Pusher(client, CHUNK, 640)
        await engine.count(8 << 20)
        engine.wire.pauseProducing()
        await turns()
        client.keep = True
        engine.send(b"I had enough")
        await client.take(b"I had enough")
        engine.reset()
        await client.gone()
        self.assertFalse(client.ended)

    async def test_an_engine_that_dies_breaks_the_stream(self) -> None:
        client, engine, _ = await self.switched()
        Pusher(engine, CHUNK, 640)
        await client.count(8 << 20)
        engine.reset()
        await client.gone()
        self.assertFalse(client.ended)


class UnixSocketTests(SpliceCase):
    """The engine behind a UNIX socket."""

    def _listen(self, factory: Any, encrypted: bool) -> Any:
        if factory is not self.engine:
            return super()._listen(factory, encrypted)
        self._folder = tempfile.TemporaryDirectory()
        return REACTOR.listenUNIX(f"{self._folder.name}/docker.sock", factory)

    async def tearDown(self) -> None:
        await super().tearDown()
        self._folder.cleanup()

    def _engine_address(self) -> str:
        return f"unix://{self._folder.name}/docker.sock"

    test_up = SpliceTests.test_up
    test_down = SpliceTests.test_down


def test_the_names_that_twisted_keeps_private_are_still_there() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(ours, Protocol(), REACTOR)
    assert connection.dataBuffer == b"" and connection._tempDataLen == 0
    ours.close()
    theirs.close()
