"""Attached streams over real sockets: each direction ends alone, with TLS on any leg."""

from __future__ import annotations

import hashlib
import socket
import struct

from OpenSSL import SSL
from twisted.internet.threads import deferToThread

from swarmd.tls.trust import client_options
from tests.wire.loopback import MANY, Pusher, WireCase, turns

ATTACH = (
    b"POST /hijack HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
    b"Content-Length: 0\r\n\r\n"
)
OLD_ATTACH = b"POST /hijack HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
SWITCHED = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)
RAW = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"

MEGABYTE = bytes(range(256)) * 4096


class PlainTests(WireCase):
    async def test_the_request_arrives_with_its_upgrade(self) -> None:
        _, _, head = await self.asked(ATTACH)
        self.assertIn(b"\r\nConnection: Upgrade\r\n", head)
        self.assertIn(b"\r\nUpgrade: tcp\r\n", head)
        self.assertIn(b"\r\nContent-Length: 0\r\n", head)

    async def test_the_client_ends_and_goes_on_reading(self) -> None:
        client, engine, _ = await self.asked(ATTACH)
        engine.send(SWITCHED)
        self.assertEqual(await client.head(), SWITCHED)
        client.send(b"abc")
        client.finish()
        await engine.end()
        self.assertEqual(bytes(engine.got), b"abc")
        await turns()
        engine.send(b"out after eof")
        await client.take(b"out after eof")
        engine.finish()
        await client.gone()
        await engine.gone()

    async def test_the_engine_ends_and_goes_on_reading(self) -> None:
        client, engine, _ = await self.asked(OLD_ATTACH)
        engine.send(RAW + b"output")
        engine.finish()
        await client.end()
        self.assertEqual(bytes(client.got), RAW + b"output")
        await turns()
        client.send(b"late input")
        await engine.take(b"late input")
        client.finish()
        await engine.gone()
        await client.gone()

    async def test_a_head_in_single_bytes(self) -> None:
        client, engine, _ = await self.asked(ATTACH)
        for at in range(len(SWITCHED)):
            engine.send(SWITCHED[at : at + 1])
            await turns(1)
        engine.send(b"payload")
        self.assertEqual(await client.take(b"payload"), SWITCHED + b"payload")

    async def test_bytes_that_come_with_the_request_wait_for_the_engines_head(self) -> None:
        client, engine, _ = await self.asked(ATTACH + b"early")
        await turns()
        self.assertEqual(bytes(engine.got), b"")
        engine.send(SWITCHED)
        await engine.take(b"early")
        client.send(b"late")
        await engine.take(b"late")

    async def test_an_end_that_comes_before_the_engines_head(self) -> None:
        client, engine, _ = await self.asked(ATTACH + b"early")
        client.finish()
        await turns()
        engine.send(SWITCHED)
        await engine.end()
        self.assertEqual(bytes(engine.got), b"early")
        engine.send(b"answer")
        engine.finish()
        await client.take(b"answer")
        await client.gone()

    async def test_a_refusal_is_an_ordinary_answer(self) -> None:
        answer = b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}"
        client, engine, _ = await self.asked(ATTACH)
        engine.send(answer)
        self.assertEqual(await client.take(b"{}"), answer)
        client.send(b"GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue((await engine.head()).startswith(b"GET /again"))

    async def test_an_unframed_refusal_ends_the_connection(self) -> None:
        answer = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nNo such container\r\n"
        client, engine, _ = await self.asked(ATTACH)
        engine.send(answer)
        engine.finish()
        await client.end()
        self.assertEqual(bytes(client.got), answer)

    async def test_a_json_body_goes_with_the_request(self) -> None:
        request = (
            b"POST /exec HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\nContent-Length: 2\r\n"
            b"Content-Type: application/json\r\n\r\n{}"
        )
        client, engine, _ = await self.asked(request)
        await engine.take(b"{}")
        engine.send(SWITCHED)
        await client.head()
        client.send(b"in")
        await engine.take(b"in")

    async def test_an_engine_that_dies_breaks_the_stream(self) -> None:
        client, engine, _ = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        engine.reset()
        await client.gone()
        self.assertFalse(client.ended)

    async def test_a_client_that_dies_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        client.reset()
        await engine.gone()

    async def test_eight_megabytes_each_way_at_once(self) -> None:
        client, engine, head = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        client.keep = engine.keep = False
        client.digest, engine.digest = hashlib.sha256(), hashlib.sha256()
        whole = hashlib.sha256(MEGABYTE * 8).digest()
        before = len(SWITCHED)
        Pusher(client, MEGABYTE, 8)
        Pusher(engine, MEGABYTE, 8)
        await client.end()
        await engine.end()
        self.assertEqual((client.total - before, engine.total - len(head)), (8 << 20, 8 << 20))
        self.assertEqual((client.digest.digest(), engine.digest.digest()), (whole, whole))
        await client.gone()
        await engine.gone()

    async def test_a_slow_reader_stops_the_writer(self) -> None:
        client, engine, _ = await self.asked(ATTACH)
        engine.send(SWITCHED)
        await client.head()
        client.keep = False
        client.wire.pauseProducing()
        pusher = Pusher(engine, MEGABYTE, MANY)
        await pusher.stalled()
        client.wire.resumeProducing()
        await client.end()
        self.assertEqual(client.total, len(SWITCHED) + (MANY << 20))


class ClientTlsTests(PlainTests):
    client_tls = True


class EngineTlsTests(PlainTests):
    engine_tls = True


class BothTlsTests(PlainTests):
    client_tls = True
    engine_tls = True


class ForeignClientTests(WireCase):
    """A TLS client that shares no code with ours: OpenSSL on a blocking socket."""

    client_tls = True
    engine_tls = True

    def converse(self) -> bytes:
        options = client_options(
            "127.0.0.1", self.authority.path, self._own.cert, self._own.key, False
        )
        context = options.trust.current.context
        with socket.create_connection(("127.0.0.1", self.port.getHost().port)) as wire:
            wire.setblocking(True)
            limit = struct.pack("ll", 10, 0)  # a thread outlives its test's time limit
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            tls = SSL.Connection(context, wire)
            tls.set_connect_state()
            tls.sendall(ATTACH)
            heard = tls.recv(4096)
            tls.sendall(b"abc")
            tls.shutdown()  # one close_notify, no FIN
            try:
                while True:
                    heard += tls.recv(4096)
            except SSL.ZeroReturnError:
                return heard

    async def test_it_ends_its_input_and_gets_all_output_and_a_goodbye(self) -> None:
        conversing = deferToThread(self.converse)
        engine = await self.accepted()
        await engine.head()
        engine.send(SWITCHED)
        await engine.end()
        self.assertEqual(bytes(engine.got), b"abc")
        engine.send(b"after eof")
        engine.finish()
        self.assertEqual(await conversing, SWITCHED + b"after eof")
