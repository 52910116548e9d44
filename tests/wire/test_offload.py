"""Bulk of TLS in a thread: every test of streams again, with all of it there, and its own."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from typing import Any, ClassVar
from unittest import SkipTest

from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from swarmd.core.request.request_record import RequestRecord
from swarmd.streams.offload import bulk as module
from swarmd.streams.offload.port import LentTls
from swarmd.streams.offload.workers import MOST, WORKERS, Worker
from swarmd.tls.half_close import ServerTLS
from tests.wire import test_half_close, test_tunnel
from tests.wire.loopback import REACTOR, Pusher, WireCase, turns
from tests.wire.test_half_close import ATTACH, SWITCHED
from tests.wire.test_tunnel import CHUNK, DOWNLOAD, MISSING, STREAM, UPLOAD

PIECES = 16
ROUNDS = int(os.environ.get("SWARMD_ROUNDS", "20"))
WHOLE = hashlib.sha256(CHUNK * PIECES).digest()


class OffloadCase(WireCase):
    """From the first byte."""

    def setUp(self) -> None:
        super().setUp()
        self.patch(module, "THRESHOLD", 1)
        self.patch(module, "TYPING", 1)
        self.before = WORKERS.lent

    async def tearDown(self) -> None:
        await super().tearDown()
        self.assertEqual(WORKERS.out, 0)

    @property
    def lent(self) -> int:
        return WORKERS.lent - self.before


class AttachedTests(OffloadCase, test_half_close.PlainTests):
    client_tls = engine_tls = True


class AttachedClientTlsTests(AttachedTests):
    engine_tls = False


class AttachedEngineTlsTests(AttachedTests):
    client_tls = False


class TunnelTests(OffloadCase, test_tunnel.PlainTests):
    client_tls = engine_tls = True


class TunnelClientTlsTests(TunnelTests):
    engine_tls = False


class TunnelEngineTlsTests(TunnelTests):
    client_tls = False


class OwnTests(OffloadCase):
    client_tls = engine_tls = True

    async def switched(self) -> tuple[Any, Any]:
        client, engine, _ = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        client.keep = engine.keep = False
        client.digest, engine.digest = hashlib.sha256(), hashlib.sha256()
        return client, engine

    async def flowing(self) -> tuple[Any, Any, Any]:
        """Client, engine, and what that goes on pushing, in a thread by now."""
        client, engine = await self.switched()
        pusher = Pusher(engine, CHUNK, 64)
        await client.count(4 << 20)
        await client.until(lambda: WORKERS.out == 1)
        return client, engine, pusher

    async def test_both_ways_at_once_and_back_to_words(self) -> None:
        client, engine = await self.switched()
        Pusher(client, CHUNK, PIECES)
        await engine.end()
        self.assertEqual(engine.digest.digest(), WHOLE)
        Pusher(engine, CHUNK, PIECES)
        await client.end()
        self.assertEqual(client.digest.digest(), WHOLE)
        await client.gone()
        await engine.gone()
        self.assertGreater(self.lent, 0)

    async def test_every_byte_is_counted(self) -> None:
        records: list[RequestRecord] = []

        def record(request: Any, trace: Any) -> RequestRecord:
            records.append(RequestRecord())
            return records[-1]

        self.site.access = record
        client, engine = await self.switched()
        Pusher(client, CHUNK, PIECES)
        Pusher(engine, CHUNK, PIECES)
        await client.gone()
        await engine.gone()
        size = PIECES * len(CHUNK)
        self.assertEqual(records[0].received, len(ATTACH) + size)
        self.assertEqual(records[0].sent, len(SWITCHED) + size)

    async def test_who_is_revoked_is_cut(self) -> None:
        client, engine, _ = await self.flowing()
        self.patch(ServerTLS, "_is_revoked", lambda self: True)
        for protocol in list(self.port.factory.protocols):
            protocol.drop_if_revoked()
        await client.gone()
        await engine.gone()
        self.assertFalse(client.ended)

    async def test_who_is_not_revoked_goes_on(self) -> None:
        client, _, _ = await self.flowing()
        for protocol in list(self.port.factory.protocols):
            protocol.drop_if_revoked()
        await client.end()
        self.assertEqual(client.digest.digest(), hashlib.sha256(CHUNK * 64).digest())

    async def test_threads_that_have_to_end_give_everything_back(self) -> None:
        client, _, _ = await self.flowing()
        WORKERS.pause()
        self.addCleanup(WORKERS.resume)
        self.assertEqual(WORKERS.out, 0)
        self.assertNotIn("offload", [each.name for each in threading.enumerate()])
        await client.end()
        self.assertEqual(client.digest.digest(), hashlib.sha256(CHUNK * 64).digest())

    async def test_a_thread_that_fails_breaks_its_stream_off(self) -> None:
        for fault in ("_decipher", "_answer"):
            client, engine, _ = await self.flowing()
            self.patch(LentTls, fault, _fail)
            await client.gone()
            await engine.gone()
            self.assertFalse(client.ended)
            self.assertTrue(self.flushLoggedErrors(ZeroDivisionError))
            setattr(LentTls, fault, self._real[fault])

    _real: ClassVar = {name: getattr(LentTls, name) for name in ("_decipher", "_answer")}

    async def test_a_thread_that_ends_breaks_its_streams_off(self) -> None:
        self.patch(Worker, "_serve", _fail)
        self.patch(threading, "excepthook", lambda _: None)
        client, engine = await self.switched()
        Pusher(engine, CHUNK, 64)
        await client.gone()
        await engine.gone()
        self.assertFalse(client.ended)
        self.assertTrue(self.flushLoggedErrors(RuntimeError))

    async def test_where_there_is_no_room_for_a_thread_it_stays(self) -> None:
        for broken in ("start", "_settle"):
            WORKERS.pause()
            WORKERS.resume()
            real = getattr(Worker, broken)
            error = RuntimeError("no thread") if broken == "start" else OSError("no room")
            self.patch(Worker, broken, lambda *_, error=error: _raise(error))
            client, engine = await self.switched()
            Pusher(engine, CHUNK, 8)
            Pusher(client, CHUNK, 8)
            await client.end()
            await engine.end()
            self.assertEqual(client.digest.digest(), engine.digest.digest())
            self.assertEqual(client.digest.digest(), hashlib.sha256(CHUNK * 8).digest())
            setattr(Worker, broken, real)

    async def test_a_forged_record_is_an_abort(self) -> None:
        client, engine, _ = await self.flowing()
        engine.wire.transport.write(b"\x17\x03\x03\x00\x40" + bytes(64))
        await client.gone()
        self.assertFalse(client.ended)

    async def test_a_bare_fin_is_an_abort(self) -> None:
        client, engine, pusher = await self.flowing()
        pusher.left = 0
        engine.wire.transport.unregisterProducer()
        engine.wire.transport.loseWriteConnection()
        await client.gone()
        self.assertFalse(client.ended)

    async def test_an_engine_that_is_reset(self) -> None:
        client, engine, _ = await self.flowing()
        engine.reset()
        await client.gone()
        self.assertFalse(client.ended)

    async def test_a_client_that_is_reset(self) -> None:
        client, engine, _ = await self.flowing()
        client.reset()
        await engine.gone()

    async def test_nothing_is_left_of_many_rounds(self) -> None:
        await self.round()
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(ROUNDS):
            await self.round()
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
        running = [each.name for each in threading.enumerate()].count("offload")
        self.assertLessEqual(running, MOST)

    async def round(self) -> None:
        client, engine = await self.switched()
        engine.send(CHUNK[:100000])
        await client.count(100000)
        client.reset()
        await engine.gone()
        await self.no_clients()
        self.engine.peers.clear()
        self._peers.clear()


class NewKeysTests(OffloadCase):
    """A client of OpenSSL's own, which changes keys in mid-stream, and has ours changed."""

    client_tls = True

    async def test_new_keys(self) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            raise SkipTest("there is no openssl")
        at = f"127.0.0.1:{self.port.getHost().port}"
        files = ["-CAfile", self.authority.path, "-cert", self._own.cert, "-key", self._own.key]
        with tempfile.TemporaryFile() as heard:
            process = subprocess.Popen(
                [openssl, "s_client", "-connect", at, "-tls1_3", *files],
                stdin=subprocess.PIPE,
                stdout=heard,
                stderr=heard,
            )
            try:
                await self.converse(process.stdin, heard.fileno())
            finally:
                process.kill()
                process.communicate()

    async def converse(self, client: Any, heard: int) -> None:
        def say(words: bytes) -> None:
            client.write(words)
            client.flush()

        say(ATTACH)
        engine = await self.accepted()
        await engine.head()
        engine.send(SWITCHED)
        for number in range(1, 5):
            say(b"%d said\n" % number * 2000)
            await engine.take(b"%d said\n" % number * 2000)
            engine.send(b"\0" * 50000)
            await self.hears(heard, b"\0", number * 50000)
            say(b"K\n" if number % 2 else b"k\n")  # both sides' keys, its own
            await self.hears(heard, b"KEYUPDATE", number)  # what came with it would be lost
        say(b"goodbye\n")
        await engine.take(b"goodbye\n")
        self.assertGreater(self.lent, 0)

    async def hears(self, heard: int, words: bytes, times: int) -> None:
        while os.pread(heard, 1 << 20, 0).count(words) < times:
            await turns(5)


class ChunkedUploadTests(OffloadCase):
    client_tls = True

    async def test_nothing_behind_the_body_reaches_the_engine(self) -> None:
        client, engine, head = await self.asked(UPLOAD)
        engine.keep = False
        for _ in range(PIECES):
            client.send(CHUNK)
        client.send(b"0\r\n\r\nGET /secret HTTP/1.1\r\n\r\n")
        size = len(head) + PIECES * len(CHUNK) + 5
        await engine.count(size)
        await turns()
        self.assertEqual(engine.total, size)
        engine.send(MISSING)
        engine.finish()
        await client.take(b'{"message":"no"}')

    async def test_broken_chunks_are_refused(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        engine.keep = False
        client.send(CHUNK * 4)
        await engine.count(4 << 20)
        client.send(b"no size\r\n")
        self.assertIn(b"malformed chunk size", await client.take(b"}\n"))
        await engine.gone()

    async def test_a_sized_upload_and_nothing_behind_it(self) -> None:
        for size in (PIECES << 20, (2 << 20) + 1, 1000):
            head = UPLOAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: %d" % size)
            client, engine, sent = await self.asked(head)
            engine.keep = False
            Pusher(client, b"x" * (1 << 20), PIECES + 1)
            await engine.count(len(sent) + size)
            await turns()
            self.assertEqual(engine.total, len(sent) + size)
            engine.send(MISSING)
            engine.finish()
            await client.take(b'{"message":"no"}')
            client.reset()
            await client.gone()

    async def test_an_answer_that_grows_while_the_upload_goes_on(self) -> None:
        client, engine, head = await self.asked(UPLOAD)
        engine.keep = False
        for number in range(1, 9):
            client.send(CHUNK)
            await engine.count(len(head) + number * len(CHUNK))
            engine.send(STREAM if number == 1 else b"3\r\n%03d\r\n" % number)
            await client.take(b"\r\n\r\n" if number == 1 else b"%03d\r\n" % number)
        client.send(b"0\r\n\r\n")
        engine.send(b"0\r\n\r\n")
        engine.finish()
        await client.end()


class ThresholdTests(WireCase):
    """What goes over, and what stays."""

    client_tls = engine_tls = True

    async def lent_by(self, piece: bytes, times: int) -> int:
        before = WORKERS.lent
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        client.keep = False
        for number in range(1, times + 1):
            engine.send(piece)
            await client.count(len(STREAM) + number * len(piece))
        engine.finish()
        await client.end()
        return WORKERS.lent - before

    async def test_bulk_goes_over(self) -> None:
        self.assertEqual(await self.lent_by(CHUNK, 4), 1)

    async def test_a_small_stream_stays(self) -> None:
        self.assertEqual(await self.lent_by(CHUNK[: 256 << 10], 3), 0)

    async def test_what_trickles_stays(self) -> None:
        self.assertEqual(await self.lent_by(b"x" * 2000, 600), 0)


def _raise(error: Exception) -> None:
    raise error


def _fail(*args: Any) -> None:
    raise ZeroDivisionError("a fault that a test made")


def test_the_names_that_twisted_keeps_private_are_still_there() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(ours, Protocol(), REACTOR)
    assert (connection.dataBuffer, connection.offset) == (b"", 0)
    assert (connection._tempDataBuffer, connection._tempDataLen) == ([], 0)
    assert connection.producerPaused is False
    ours.close()
    theirs.close()
