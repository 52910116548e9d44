"""Upgrades without sockets; the bytes themselves are in tests/wire."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.errors import BadParameter, EngineUnreachable
from swarmd.streams.hijack import hijack
from tests.streams.memory import LOST, Engine, Request, get, post

UPGRADE = (b"Connection: Upgrade", b"Upgrade: tcp")
SWITCHED = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: a/raw\r\nUpgrade: tcp\r\n\r\n"
RAW = b"HTTP/1.1 200 OK\r\nContent-Type: a/raw\r\n\r\n"


class HijackTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()

    def send(self, request: Request, *body: bytes, **more: Any) -> Request:
        hijack(request, self.engine.link, b"/exec/1/start", *body, **more)
        return request

    def test_the_engine_is_asked_for_what_the_client_asked_for(self) -> None:
        self.send(post(b"/x", *UPGRADE, b"Content-Type: application/json"), b"{}")
        self.assertEqual(
            self.engine.wire.sent,
            b"POST /exec/1/start HTTP/1.1\r\nHost: docker\r\nUpgrade: tcp\r\n"
            b"Connection: Upgrade\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        )

    def test_no_upgrade_is_invented(self) -> None:
        self.send(post())
        self.assertNotIn(b"Upgrade", self.engine.wire.sent)

    def test_headers_of_a_websocket_stay(self) -> None:
        extra = (b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: k")
        self.send(get(b"/x", *extra))
        for line in (b"Upgrade: websocket", b"Sec-WebSocket-Key: k", b"Connection: Upgrade"):
            self.assertIn(line + b"\r\n", self.engine.wire.sent)

    def test_it_never_uses_a_used_connection(self) -> None:
        for _ in range(2):
            self.send(post(b"/x", *UPGRADE))
            self.engine.answers(b"HTTP/1.1 409 No\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(len(self.engine.connections), 2)

    def test_a_body_that_was_not_collected_is_refused(self) -> None:
        for extra in (b"Content-Length: 3", b"Transfer-Encoding: chunked"):
            self.assertIsInstance(self.send(post(b"/x", extra)).error, BadParameter)
        self.assertEqual(self.engine.connections, [])

    def test_a_collected_body_may_be_left_out(self) -> None:
        self.send(post(b"/x", *UPGRADE, b"Content-Length: 3"), b"")
        self.assertIn(b"\r\nContent-Length: 0\r\n", self.engine.wire.sent)
        self.assertTrue(self.engine.wire.sent.endswith(b"\r\n\r\n"))

    def test_both_heads_that_mean_yes(self) -> None:
        for head in (SWITCHED, RAW):
            request = self.send(post(b"/x", *UPGRADE, early=b"early"))
            self.engine.answers(head + b"out")
            self.assertEqual(request.got, head + b"out")
            self.assertTrue(self.engine.wire.sent.endswith(b"\r\n\r\nearly"))
            request.channel.end.received(b"in")
            self.assertTrue(self.engine.wire.sent.endswith(b"earlyin"))

    def test_the_content_type_is_replaced(self) -> None:
        for head in (SWITCHED, RAW):
            request = self.send(post(b"/x", *UPGRADE), content_type=b"b/multiplexed")
            self.engine.answers(head + b"out")
            self.assertTrue(request.got.startswith(head[: head.index(b"\r\n")]))
            self.assertIn(b"\r\nContent-Type: b/multiplexed\r\n", request.got)
            self.assertTrue(request.got.endswith(b"\r\n\r\nout"))
            self.assertNotIn(b"a/raw", request.got)

    def test_a_no_is_an_ordinary_answer(self) -> None:
        no = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
        request = self.send(post(b"/x", *UPGRADE))
        self.engine.answers(no)
        self.assertEqual((request.got, request.finished), (no, 1))
        self.assertIsNone(request.channel.end)

    def test_a_framed_200_is_an_ordinary_answer(self) -> None:
        yes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        request = self.send(post(b"/x", *UPGRADE))
        self.engine.answers(yes)
        self.assertEqual((request.got, request.finished), (yes, 1))

    def test_the_link_ends_what_was_joined(self) -> None:
        request = self.send(post(b"/x", *UPGRADE))
        self.engine.answers(SWITCHED)
        self.engine.link.interrupt("it hangs")
        self.assertFalse(self.engine.wire.aborted, "a stream may outlive a pause of its engine")
        self.engine.link.close()
        self.assertTrue(self.engine.wire.aborted and request.channel.transport.aborted)

    def test_nothing_is_left_after_the_end(self) -> None:
        request = self.send(post(b"/x", *UPGRADE))
        self.engine.answers(SWITCHED)
        request.channel.end.lost(LOST)
        self.assertTrue(self.engine.wire.aborted)
        self.engine.link.close()  # has nobody to tell

    def test_a_stream_does_not_hold_on_to_its_request(self) -> None:
        for done in (None, [].append):
            request = self.send(post(b"/x", *UPGRADE), done=done)
            self.engine.answers(SWITCHED)
            remembered, end = weakref.ref(request), request.channel.end
            del request
            gc.collect()
            self.assertIsNone(remembered())
            end.lost(LOST)

    def test_an_engine_that_dies_first(self) -> None:
        request = self.send(post(b"/x", *UPGRADE))
        self.engine.dies()
        self.assertIsInstance(request.error, EngineUnreachable)

    def test_a_client_that_left_already(self) -> None:
        request = post(b"/x", *UPGRADE)
        request.leave()
        self.send(request)
        self.assertEqual(self.engine.connections, [])
