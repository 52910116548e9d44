"""Bulk over real sockets: uploads, downloads, early refusals, lost ends, over plain TCP and TLS."""

from __future__ import annotations

from swarmd.streams import tunnel as module
from tests.wire.loopback import MANY, Pusher, WireCase, turns

MEGABYTE = bytes(range(256)) * 4096
UPLOAD = (
    b"PUT /tunnel HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
DOWNLOAD = b"GET /tunnel HTTP/1.1\r\nHost: a\r\n\r\n"
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
MISSING = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 16\r\n"
    b'Connection: close\r\n\r\n{"message":"no"}'
)
CHUNK = b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE)


class PlainTests(WireCase):
    async def test_an_upload_arrives_as_the_client_framed_it(self) -> None:
        client, engine, head = await self.asked(UPLOAD)
        self.assertIn(b"\r\nConnection: close\r\n", head)
        self.assertIn(b"\r\nTransfer-Encoding: chunked\r\n", head)
        body = b"3\r\nabc\r\n0\r\n\r\n"
        client.send(body)
        self.assertEqual(await engine.take(b"0\r\n\r\n"), body)
        engine.send(DONE)
        engine.finish()
        await client.end()
        self.assertEqual(bytes(client.got), DONE)
        client.finish()
        await client.gone()

    async def test_continue_passes_through(self) -> None:
        expecting = UPLOAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
        client, engine, head = await self.asked(expecting)
        self.assertIn(b"\r\nExpect: 100-continue\r\n", head)
        engine.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertEqual(await client.head(), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(b"0\r\n\r\n")
        await engine.take(b"0\r\n\r\n")
        engine.send(DONE)
        self.assertEqual(await client.head(), DONE)

    async def test_a_head_is_passed_on_at_once(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        self.assertEqual(await client.head(), STREAM)

    async def test_a_head_in_single_bytes(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        for at in range(len(STREAM)):
            engine.send(STREAM[at : at + 1])
            await turns(1)
        self.assertEqual(await client.head(), STREAM)

    async def test_an_early_refusal_reaches_a_client_that_is_still_sending(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        engine.keep = False
        pusher = Pusher(client, CHUNK, 64)
        await engine.count(2 << 20)
        engine.send(MISSING)
        engine.finish()
        await client.take(b'{"message":"no"}')
        self.assertLess(pusher.sent, 60 << 20)
        await client.gone()

    async def test_many_megabytes_up(self) -> None:
        client, engine, head = await self.asked(UPLOAD)
        engine.keep = False
        pushed = 16
        Pusher(client, CHUNK, pushed)
        await engine.end()
        self.assertEqual(engine.total - len(head), pushed * len(CHUNK))

    async def test_many_megabytes_down(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        client.keep = False
        engine.send(STREAM)
        Pusher(engine, CHUNK, 16)
        await client.end()
        self.assertEqual(client.total, len(STREAM) + 16 * len(CHUNK))
        client.finish()
        await client.gone()

    async def test_a_slow_client_stops_the_engine(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        client.keep = False
        engine.send(STREAM)
        client.wire.pauseProducing()
        pusher = Pusher(engine, CHUNK, MANY)
        await pusher.stalled()
        client.wire.resumeProducing()
        await client.end()
        self.assertEqual(client.total, len(STREAM) + MANY * len(CHUNK))

    async def test_a_slow_engine_stops_the_client(self) -> None:
        client, engine, head = await self.asked(UPLOAD)
        engine.keep = False
        engine.wire.pauseProducing()
        pusher = Pusher(client, CHUNK, MANY)
        await pusher.stalled()
        engine.wire.resumeProducing()
        await engine.end()
        self.assertEqual(engine.total, len(head) + MANY * len(CHUNK))

    async def test_a_client_that_leaves_a_download_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM)
        await client.head()
        client.finish()
        await engine.gone()

    async def test_a_client_that_leaves_before_the_answer_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        client.finish()
        await engine.gone()

    async def test_a_client_that_is_reset_in_its_upload_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        client.send(CHUNK[:1000])
        await engine.count(1000)
        client.reset()
        await engine.gone()

    async def test_a_client_that_half_closes_behind_its_upload_is_answered(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        client.send(b"0\r\n\r\n")
        client.finish()
        await engine.end()
        self.assertEqual(bytes(engine.got), b"0\r\n\r\n")
        engine.send(DONE)
        engine.finish()
        self.assertEqual(await client.head(), DONE)
        await client.gone()

    async def test_an_engine_that_never_answers_a_half_closed_client_is_left(self) -> None:
        self.patch(module, "LINGER", 0.05)
        client, engine, _ = await self.asked(UPLOAD)
        client.finish()
        await engine.end()
        await self.no_clients()
        engine.send(DONE)  # or a socket that has read a FIN does not notice the reset
        await engine.gone()

    async def test_an_engine_that_dies_before_its_answer(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        client.send(CHUNK[:100000])
        engine.reset()
        answer = await client.take(b"}\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n"))
        self.assertIn(b'{"message":"node node-1 is unreachable: ', answer)

    async def test_an_engine_that_dies_in_its_answer(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(STREAM + b"5\r\nab")
        await client.take(b"ab")
        engine.reset()
        await client.gone()
        self.assertFalse(client.ended)

    async def test_an_engine_that_resets_behind_its_whole_answer_has_ended_it(self) -> None:
        """As engines do when they close on the padding of a tar that they did not read."""
        for path in (b"/tunnel", b"/marked"):
            client, engine, _ = await self.asked(UPLOAD.replace(b"/tunnel", path))
            client.send(CHUNK[:1000])
            engine.send(STREAM + b"3\r\nabc\r\n0\r\n\r\n")
            await client.take(b"0\r\n\r\n")
            engine.reset()
            await client.end()
            self.assertTrue(client.ended)

    async def test_an_engine_that_cannot_be_reached(self) -> None:
        await self.engine_port.stopListening()
        client = await self.client()
        client.send(UPLOAD + CHUNK[:1000])
        answer = await client.take(b"}\n")
        self.assertIn(b"node node-1 is unreachable: connection refused", answer)

    async def test_garbage_of_an_engine_becomes_an_error(self) -> None:
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(b"SSH-2.0-OpenSSH_9.2\r\n")
        answer = await client.take(b"}\n")
        self.assertIn(b"malformed HTTP", answer)
        await engine.gone()

    async def test_a_client_that_never_ends_its_side_is_closed_after_a_while(self) -> None:
        self.patch(module, "LINGER", 0.05)
        client, engine, _ = await self.asked(DOWNLOAD)
        engine.send(DONE)
        engine.finish()
        await client.end()
        await self.no_clients()

    async def test_a_client_that_never_stops_sending_is_closed_after_a_mebibyte(self) -> None:
        client, engine, _ = await self.asked(UPLOAD)
        engine.send(MISSING)
        engine.finish()
        await client.take(b'{"message":"no"}')
        Pusher(client, MEGABYTE, 1000)
        await client.gone()

    async def test_a_mark_is_made_before_the_client_sees_the_end(self) -> None:
        client, engine, _ = await self.asked(UPLOAD.replace(b"/tunnel", b"/marked"))
        client.send(b"0\r\n\r\n")
        await engine.take(b"0\r\n\r\n")
        answer = STREAM + b"3\r\nabc\r\n0\r\n\r\n"
        engine.send(answer[:-1])
        await client.take(b"0\r\n\r")
        self.assertEqual(self.paths.done, [])
        engine.send(answer[-1:])
        await client.take(b"\n")
        self.assertEqual(self.paths.done, [200])

    async def test_a_mark_is_made_whatever_happens(self) -> None:
        client, engine, _ = await self.asked(UPLOAD.replace(b"/tunnel", b"/marked"))
        engine.reset()
        await client.take(b"}\n")
        client, engine, _ = await self.asked(DOWNLOAD.replace(b"/tunnel", b"/marked"))
        client.finish()
        await engine.gone()
        self.assertEqual(self.paths.done, [503, module.LEFT])

    async def test_an_old_client_is_answered_in_its_own_version(self) -> None:
        client, engine, head = await self.asked(b"GET /tunnel HTTP/1.0\r\n\r\n")
        self.assertTrue(head.startswith(b"GET /tunnel HTTP/1.0\r\nHost: "))
        engine.send(b"HTTP/1.0 200 OK\r\n\r\nabc")
        engine.finish()
        await client.end()
        self.assertTrue(client.got.endswith(b"\r\n\r\nabc"))


class ClientTlsTests(PlainTests):
    client_tls = True


class EngineTlsTests(PlainTests):
    engine_tls = True


class BothTlsTests(PlainTests):
    client_tls = True
    engine_tls = True
