"""Answers that are not passed on as they come: made anew from the engine's."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.streams import forward as module
from swarmd.streams.forward import forward
from tests.streams.memory import LOST, Engine, Request, get

SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nApi-Version: 1.41\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNFRAMED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


class RewriteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()

    def send(self, request: Request, rewrite: Any = lambda status, body: body + b"!") -> Request:
        forward(request, self.engine.link, b"/x", rewrite=rewrite)
        return request

    def test_the_new_body_has_its_length(self) -> None:
        for answer in (SMALL, CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"):
            request = self.send(get())
            for at in range(len(answer)):
                self.engine.answers(answer[at : at + 1])
            head, _, body = request.got.partition(b"\r\n\r\n")
            self.assertEqual(body, b"{}!")
            self.assertEqual(head.lower().count(b"content-length: 3"), 1)
            self.assertNotIn(b"chunked", head)
            self.assertEqual(request.finished, 1)

    def test_no_compression_is_asked_for(self) -> None:
        self.send(get(b"/x", b"Accept-Encoding: gzip"))
        self.assertNotIn(b"gzip", self.engine.wire.sent)

    def test_a_client_that_closes_is_told_so(self) -> None:
        request = get()
        request.channel.persistent = False
        self.send(request)
        self.engine.answers(SMALL)
        self.assertIn(b"\r\nConnection: close\r\n", request.got)

    def test_answers_without_a_body_pass(self) -> None:
        answer = b"HTTP/1.1 304 Not Modified\r\n\r\n"
        request = self.send(get())
        self.engine.answers(answer)
        self.assertEqual((request.got, request.finished), (answer, 1))

    def test_a_refusal_becomes_the_answer(self) -> None:
        def refuse(status: int, body: bytes) -> bytes:
            raise ApiError("no", 409)

        request = self.send(get(), refuse)
        self.engine.answers(SMALL)
        assert request.error is not None
        self.assertEqual((request.error.status, request.error.message), (409, "no"))

    def test_an_answer_that_cannot_be_used(self) -> None:
        request = self.send(get(), lambda status, body: body["Id"])
        self.engine.answers(SMALL)
        assert request.error is not None
        self.assertEqual(request.error.message, "node node-1 gave an unusable answer")
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)

    def test_it_is_bounded(self) -> None:
        self.patch(module, "LARGEST_REWRITTEN", 10)
        sized = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
        for answer in (sized, CHUNKED + b"fff\r\n" + b"x" * 11):
            request = self.send(get())
            self.engine.answers(answer)
            assert request.error is not None
            self.assertIn("too large", request.error.message)
            self.assertTrue(self.engine.wire.aborted)

    def test_a_broken_answer_is_an_error_not_half_an_answer(self) -> None:
        request = self.send(get())
        self.engine.answers(SMALL[:-1])
        self.engine.connections[-1].connectionLost(LOST)
        self.assertIsInstance(request.error, EngineUnreachable)


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_rewritten_answer_ends_for_every_client(version: bytes) -> None:
    engine = Engine()
    request = Request(b"GET /x HTTP/%b\r\nHost: a\r\n\r\n" % version)
    forward(request, engine.link, b"/x", rewrite=lambda status, body: b"abc")
    engine.answers(SMALL)
    assert request.got.endswith(b"Content-Length: 3\r\n\r\nabc") is (version == b"1.1")
    assert request.channel.persistent is (version == b"1.1")
