"""The framed path over real sockets, through the real front."""

from __future__ import annotations

from tests.wire.loopback import MANY, Pusher, WireCase, turns

GET = b"GET /forward HTTP/1.1\r\nHost: a\r\n\r\n"
POST = (
    b"POST /forward HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
WAIT = b"POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a":[]}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MEGABYTE = bytes(range(256)) * 4096


class PlainTests(WireCase):
    async def test_answers_one_after_the_other_on_the_same_connections(self) -> None:
        client, engine, _ = await self.asked(GET)
        engine.send(ANSWER)
        self.assertEqual(await client.take(b"]}"), ANSWER)
        for request in (POST, GET, POST):
            client.send(request)
            await engine.head()
            engine.send(ANSWER)
            self.assertEqual(await client.take(b"]}"), ANSWER)
        self.assertEqual(len(self.engine.peers), 1)

    async def test_pipelined_requests_are_answered_in_order(self) -> None:
        client, engine, _ = await self.asked(GET + POST)
        await turns()
        self.assertEqual(bytes(engine.got), b"")
        engine.send(ANSWER)
        await client.take(b"]}")
        await engine.take(b"{}")
        engine.send(ANSWER.replace(b"[]", b"{}"))
        self.assertTrue((await client.take(b"}}")).endswith(b'{"a":{}}'))

    async def test_the_head_of_wait_comes_at_once_and_its_break_is_seen(self) -> None:
        client, engine, _ = await self.asked(WAIT)
        engine.send(CHUNKED)
        self.assertEqual(await client.head(), CHUNKED)
        engine.reset()
        await client.end()

    async def test_a_rewritten_answer(self) -> None:
        client, engine, _ = await self.asked(GET.replace(b"/forward", b"/rewrite"))
        engine.send(ANSWER)
        self.assertTrue((await client.take(b"!")).endswith(b'\r\n\r\n{"a":[]}!'))

    async def test_an_engine_that_dies_before_its_answer(self) -> None:
        client, engine, _ = await self.asked(POST)
        engine.reset()
        answer = await client.take(b"}\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 503 "))
        self.assertIn(b'{"message":"node node-1 is unreachable: ', answer)
        client.send(GET)
        engine = await self.accepted()
        engine.send(ANSWER)
        await client.take(b"]}")

    async def test_an_engine_that_dies_in_its_answer(self) -> None:
        client, engine, _ = await self.asked(GET)
        engine.send(ANSWER[:-1])
        await client.take(b"[]")
        engine.reset()
        await client.end()
        self.assertEqual(client.got, b"")
        client.finish()
        await client.gone()

    async def test_an_unframed_answer_ends_with_the_connection(self) -> None:
        client, engine, _ = await self.asked(GET)
        engine.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        await client.take(b"abc")
        engine.finish()
        await client.end()

    async def test_a_client_that_leaves_frees_the_engine(self) -> None:
        client, engine, _ = await self.asked(WAIT)
        engine.send(CHUNKED)
        await client.head()
        client.finish()
        await engine.gone()

    async def test_a_dead_idle_connection_costs_nobody_an_answer(self) -> None:
        client, engine, _ = await self.asked(GET)
        engine.send(ANSWER)
        await client.take(b"]}")
        engine.finish()
        await turns()
        for request in (POST, GET):
            client.send(request)
            if request is POST:
                engine = await self.accepted()
            await engine.head()
            engine.send(ANSWER)
            await client.take(b"]}")

    async def test_a_large_answer_at_a_slow_clients_pace(self) -> None:
        client, engine, _ = await self.asked(GET)
        client.keep = False
        client.wire.pauseProducing()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MANY << 20)
        engine.send(head)
        pusher = Pusher(engine, MEGABYTE, MANY)
        await pusher.stalled()
        client.wire.resumeProducing()
        await client.count(len(head) + (MANY << 20))
        client.keep = True
        client.send(GET)
        engine = await self.accepted()
        engine.send(ANSWER)
        await client.take(b"]}")

    async def test_an_old_client(self) -> None:
        client, engine, _ = await self.asked(b"GET /forward HTTP/1.0\r\n\r\n")
        engine.send(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx")
        await client.end()
        self.assertTrue(client.got.endswith(b"\r\n\r\nx"))

    async def test_an_engine_that_is_not_there(self) -> None:
        await self.engine_port.stopListening()
        client = await self.client()
        client.send(POST)
        self.assertIn(b"node node-1 is unreachable: connection refused", await client.take(b"}\n"))


class BothTlsTests(PlainTests):
    client_tls = True
    engine_tls = True
