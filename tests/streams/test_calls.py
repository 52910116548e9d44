"""Long answers, handed on as they come; short ones are tested with their link."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from swarmd.streams.calls import Answer, StreamCall
from tests.streams.test_link import SMALL, STREAM, LinkCase


class StreamTests(LinkCase):
    def setUp(self) -> None:
        super().setUp()
        self.got: list[bytes] = []

    def stream(self, receive: Any = None, **more: Any) -> Deferred[Answer]:
        got = receive or self.got.append
        return Deferred.fromCoroutine(self.link.stream("GET", "/events", got, **more))

    def test_one_with_a_time_limit_ends_when_its_engine_is_found_to_hang(self) -> None:
        """A pull to many nodes does not wait for it; a stream of events may go on."""
        endless, limited = self.stream(), self.stream(idle_timeout=600.0)
        for which in (0, 1):
            self.engine.answers(STREAM, which=which)
        self.link.interrupt("no answer to pings")
        self.assertEqual(self.cause(limited).cause, "no answer to pings")
        self.assertNoResult(endless)
        self.link.close()
        self.failureResultOf(endless)

    def test_the_body_comes_as_it_comes(self) -> None:
        heads: list[int] = []
        waiting = self.stream(on_head=lambda head: heads.append(head.status))
        self.engine.answers(STREAM)
        self.assertEqual(heads, [200])
        self.engine.answers(b"3\r\nabc\r\n")
        self.engine.answers(b"3\r\nd")
        self.engine.answers(b"ef\r\n0\r\n\r\n")
        self.assertEqual(self.got, [b"abc", b"d", b"ef"])
        self.assertEqual(self.successResultOf(waiting).body, b"")

    def test_it_has_a_connection_of_its_own(self) -> None:
        waiting = self.call()
        self.engine.answers(SMALL)
        self.successResultOf(waiting)
        self.stream().addErrback(lambda _: None)
        self.assertEqual(len(self.engine.connections), 2)

    def test_an_error_is_returned_not_streamed(self) -> None:
        waiting = self.stream()
        self.engine.answers(SMALL.replace(b"200 OK", b"500 No"))
        self.assertEqual(self.successResultOf(waiting).body, b"{}")
        self.assertEqual(self.got, [])

    def test_an_end_that_is_none(self) -> None:
        waiting = self.stream()
        self.engine.answers(STREAM + b"3\r\nabc\r\n")
        self.engine.ends()
        self.assertIn("before its answer was complete", self.cause(waiting).cause)

    def test_an_unframed_stream_ends_with_its_connection(self) -> None:
        waiting = self.stream()
        self.engine.answers(b"HTTP/1.1 200 OK\r\n\r\nabc")
        self.engine.ends()
        self.assertEqual(self.successResultOf(waiting).status, 200)
        self.assertEqual(self.got, [b"abc"])

    def test_silence_has_a_limit(self) -> None:
        waiting = self.stream(idle_timeout=5)
        self.engine.answers(STREAM)
        for _ in range(3):
            self.engine.clock.advance(4)
            self.engine.answers(b"1\r\nx\r\n")
        self.engine.clock.advance(5)
        self.assertEqual(self.cause(waiting).cause, "no answer within 5 s")

    def test_there_is_no_limit_unless_asked_for(self) -> None:
        waiting = self.stream()
        self.engine.answers(STREAM)
        self.engine.clock.advance(10**6)
        self.assertNoResult(waiting)
        self.link.close()
        self.cause(waiting)

    def test_a_receiver_may_pause(self) -> None:
        calls: list[StreamCall] = []
        waiting = self.stream(on_open=calls.append, idle_timeout=5)
        self.engine.answers(STREAM)
        calls[0].pause()
        self.assertTrue(self.engine.wire.paused)
        self.engine.clock.advance(100)
        calls[0].resume()
        self.assertFalse(self.engine.wire.paused)
        self.engine.clock.advance(5)
        self.cause(waiting)

    def test_an_error_of_the_receiver_ends_it(self) -> None:
        def receive(data: bytes) -> None:
            raise KeyError(data)

        waiting = self.stream(receive)
        self.engine.answers(STREAM + b"1\r\nx\r\n")
        self.failureResultOf(waiting, KeyError)
        self.assertTrue(self.engine.wire.aborted)

    def test_a_receiver_may_cancel(self) -> None:
        for rest, spared in ((b"", False), (b"0\r\n\r\n", True)):
            running: list[Deferred[Answer]] = []
            running.append(self.stream(lambda _, all_=running: all_[0].cancel()))
            self.engine.answers(STREAM + b"1\r\nx\r\n" + rest)
            self.failureResultOf(running[0], CancelledError)
            self.assertIs(self.engine.wire.aborted, not spared)
