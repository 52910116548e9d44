"""An upload that is read as it passes: whole but for its end, which waits."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.errors import ApiError
from swarmd.streams.read_upload import read_tunnel
from swarmd.streams.tunnel import LEFT, LINGER
from tests.streams.memory import LOST, Engine, Request, post

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"Transfer-Encoding: chunked"
BODY = b"3\r\nabc\r\n0\r\n\r\n"


class Reader:
    def __init__(self) -> None:
        self.read = b""
        self.waiting: Deferred[None] = Deferred()

    def feed(self, data: bytes) -> None:
        self.read += data

    def ready(self) -> Deferred[None]:
        return self.waiting


class ReadUploadTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.reader = Reader()
        self.done: list[int] = []

    def tearDown(self) -> None:
        self.engine.link.close()
        self.engine.clock.advance(LINGER)
        self.assertEqual(self.engine.clock.getDelayedCalls(), [])

    def send(self, *lines: bytes, early: bytes = b"") -> Any:
        request = post(b"/x", *lines, early=early)
        read_tunnel(request, self.engine.link, b"/y", self.reader, done=self.done.append)
        return request

    def body(self) -> bytes:
        return self.engine.wire.sent.split(b"\r\n\r\n", 1)[1]

    def finish(self, request: Request) -> None:
        self.engine.answers(ANSWER)
        self.engine.ends()
        self.assertEqual(request.got, ANSWER)
        self.assertEqual(self.done, [200])
        request.channel.end.half_closed()

    def test_its_end_waits(self) -> None:
        request = self.send(CHUNKED, early=BODY[:6])
        self.assertEqual(self.body(), BODY[:6])
        request.channel.end.received(BODY[6:] + b"DELETE /x HTTP/1.1\r\n\r\n")
        self.assertEqual((self.body(), self.reader.read), (BODY[:6], b"abc"))
        self.reader.waiting.callback(None)
        self.assertEqual(self.body(), BODY)
        self.finish(request)

    def test_of_a_known_length(self) -> None:
        self.reader.waiting.callback(None)
        request = self.send(b"Content-Length: 3", early=b"a")
        request.channel.end.received(b"bc")
        self.assertEqual((self.body(), self.reader.read), (b"abc", b"abc"))
        self.finish(request)

    def test_all_of_it_came_with_the_head(self) -> None:
        request = self.send(CHUNKED, early=BODY)
        self.assertEqual(self.body(), b"")
        self.reader.waiting.callback(None)
        self.assertEqual((self.body(), self.reader.read), (BODY, b"abc"))
        self.finish(request)

    def test_refused_the_engine_gets_no_whole_body(self) -> None:
        request = self.send(CHUNKED, early=BODY[:6])
        request.channel.end.received(BODY[6:])
        self.reader.waiting.errback(ApiError("no room for the base", 507))
        self.assertIn(b"no room for the base", request.got)
        self.assertTrue(request.got.startswith(b"HTTP/1.1 507 "))
        self.assertTrue(self.engine.wire.aborted)
        self.assertEqual(self.done, [507])
        request.channel.end.half_closed()

    def test_a_client_that_leaves_meanwhile(self) -> None:
        request = self.send(CHUNKED, early=BODY)
        request.channel.end.lost(LOST)
        self.assertEqual(self.done, [LEFT])
        self.assertTrue(self.engine.wire.aborted)
        self.reader.waiting.callback(None)
        self.assertEqual(self.body(), b"")

    def test_a_client_that_ends_its_side_meanwhile(self) -> None:
        request = self.send(CHUNKED, early=BODY)
        request.channel.end.half_closed()
        self.assertFalse(self.engine.wire.ended)
        self.reader.waiting.callback(None)
        self.assertTrue(self.engine.wire.ended)
        self.engine.answers(ANSWER)
        self.engine.ends()
        self.assertEqual(request.got, ANSWER)

    def test_broken_chunks(self) -> None:
        request = self.send(CHUNKED, early=b"zz\r\n")
        self.assertTrue(request.got.startswith(b"HTTP/1.1 400 "))
        request.channel.end.half_closed()

    def test_an_engine_that_dies_while_its_end_waits(self) -> None:
        request = self.send(CHUNKED, early=BODY)
        self.engine.dies()
        self.assertTrue(request.got.startswith(b"HTTP/1.1 503 "))
        self.reader.waiting.callback(None)
        request.channel.end.half_closed()
