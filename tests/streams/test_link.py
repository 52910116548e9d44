"""Calls of swarmd's own."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.errors import EngineUnreachable
from swarmd.streams.dialing.pool import IDLE_LIMIT, MOST_IDLE
from swarmd.streams.link import Answer
from swarmd.tls.half_close import PeerRefusedError
from tests.streams.memory import Engine

SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nApi-Version: 1.41\r\n\r\n{}"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class LinkCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.link = self.engine.link

    def tearDown(self) -> None:
        self.link.close()
        self.assertEqual(self.engine.clock.getDelayedCalls(), [])

    def call(self, method: str = "GET", target: str = "/info", **more: Any) -> Deferred[Answer]:
        return Deferred.fromCoroutine(self.link.call(method, target, **more))

    def cause(self, waiting: Deferred[Answer]) -> EngineUnreachable:
        error = self.failureResultOf(waiting, EngineUnreachable).value
        assert isinstance(error, EngineUnreachable)
        return error


class CallTests(LinkCase):
    def test_a_get(self) -> None:
        waiting = self.call()
        self.assertEqual(self.engine.wire.sent, b"GET /info HTTP/1.1\r\nHost: docker\r\n\r\n")
        self.engine.answers(SMALL)
        answer = self.successResultOf(waiting)
        self.assertEqual((answer.status, answer.body), (200, b"{}"))
        self.assertIn((b"Api-Version", b"1.41"), answer.headers)

    def test_a_body_is_json_unless_told_otherwise(self) -> None:
        self.call("POST", "/x", body=b"{}").addErrback(lambda _: None)
        self.assertEqual(
            self.engine.wire.sent,
            b"POST /x HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n"
            b"Content-Type: application/json\r\n\r\n{}",
        )
        tar = ((b"content-type", b"application/x-tar"),)
        self.call("PUT", "/x", body=b"tar", headers=tar).addErrback(lambda _: None)
        self.assertNotIn(b"json", self.engine.wire.sent)

    def test_chunks_are_taken_off(self) -> None:
        waiting = self.call()
        self.engine.answers(STREAM + b"1\r\n{\r\n1\r")
        self.engine.answers(b"\n}\r\n0\r\n\r\n")
        self.assertEqual(self.successResultOf(waiting).body, b"{}")

    def test_errors_are_answers(self) -> None:
        waiting = self.call()
        self.engine.answers(SMALL.replace(b"200 OK", b"404 Not Found"))
        self.assertEqual(self.successResultOf(waiting).status, 404)

    def test_connections_are_used_again(self) -> None:
        for _ in range(3):
            waiting = self.call()
            self.engine.answers(SMALL)
            self.successResultOf(waiting)
        self.assertEqual(len(self.engine.connections), 1)

    def test_a_call_that_must_not_be_made_any_more_is_not_sent(self) -> None:
        """It was asked right before the first byte; the connection serves the next call."""
        asked: list[str] = ["", "the session has ended"]
        for _ in range(2):
            waiting = self.call("POST", "/containers/create", gate=lambda: asked[0])
            self.engine.answers(SMALL)
            self.successResultOf(waiting)
        asked.pop(0)
        error = self.cause(self.call("POST", "/containers/create", gate=lambda: asked[0]))
        self.assertEqual((error.cause, error.sent), ("the session has ended", False))
        waiting = self.call()
        self.engine.answers(SMALL)
        self.successResultOf(waiting)
        self.assertEqual(len(self.engine.connections), 1)

    def test_an_answer_that_does_not_come(self) -> None:
        waiting = self.call("POST", timeout=2)
        self.engine.clock.advance(2)
        self.assertEqual(self.cause(waiting).cause, "no answer within 2 s")
        self.assertTrue(self.engine.wire.aborted)

    def test_a_dial_that_does_not_end(self) -> None:
        self.engine.hold = True
        waiting = self.call(timeout=2)
        self.engine.clock.advance(2)
        self.assertFalse(self.cause(waiting).sent)

    def test_an_answer_larger_than_wanted(self) -> None:
        for answer in (
            b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
            STREAM + b"fff\r\n" + b"x" * 11,
        ):
            waiting = self.call(limit=10)
            self.engine.answers(answer)
            self.assertIn("larger than 10 bytes", self.cause(waiting).cause)

    def test_cancelling_closes_the_connection(self) -> None:
        waiting = self.call()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertTrue(self.engine.wire.aborted)

    def test_cancelling_while_dialling_gives_the_dial_up(self) -> None:
        self.engine.hold = True
        waiting = self.call()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.engine.connections, [])

    def test_the_error_names_the_node_as_it_is_called_now(self) -> None:
        waiting = self.call()
        self.link.node = "web-7"
        self.engine.dies()
        self.assertEqual(self.cause(waiting).message, "node web-7 is unreachable: connection lost")


class PoolTests(LinkCase):
    def burst(self, count: int) -> None:
        waiting = [self.call() for _ in range(count)]
        for connection in self.engine.connections:
            if connection.end is not None:
                connection.dataReceived(SMALL)
        for each in waiting:
            self.successResultOf(each)

    def alive(self) -> int:
        return sum(not each.transport.aborted for each in self.engine.connections)

    def test_idle_connections_are_bounded(self) -> None:
        self.burst(MOST_IDLE + 5)
        self.assertEqual(self.alive(), MOST_IDLE)

    def test_idle_connections_are_closed_after_a_while(self) -> None:
        self.burst(3)
        self.engine.clock.advance(IDLE_LIMIT / 2)
        waiting = self.call()
        self.engine.answers(SMALL, which=2)
        self.successResultOf(waiting)
        self.engine.clock.advance(IDLE_LIMIT / 2)
        self.assertEqual(self.alive(), 1)
        self.engine.clock.advance(IDLE_LIMIT / 2)
        self.assertEqual(self.alive(), 0)
        self.assertEqual(self.engine.clock.getDelayedCalls(), [])

    def test_an_idle_connection_that_ends_is_forgotten(self) -> None:
        for end in (self.engine.ends, self.engine.dies):
            self.burst(1)
            end()
            before = len(self.engine.connections)
            self.burst(1)
            self.assertEqual(len(self.engine.connections), before + 1)

    def test_an_interrupted_link_serves_again(self) -> None:
        self.burst(1)
        self.link.interrupt("no answer to pings")
        self.assertEqual(self.alive(), 0)
        self.burst(1)

    def test_a_connection_that_comes_after_closing_is_dropped(self) -> None:
        waiting = self.call()
        self.link.close("the node was removed")
        self.assertEqual(self.cause(waiting).cause, "the node was removed")
        self.assertTrue(self.cause_of_next().cause)

    def cause_of_next(self) -> EngineUnreachable:
        return self.cause(self.call())


class SilenceTests(LinkCase):
    """Whether anything came of an engine that cannot be used."""

    def refused(self, refusal: Exception) -> bool:
        self.engine.refusal = refusal
        return self.cause(self.call()).silent

    def test_dials(self) -> None:
        self.assertTrue(self.refused(ConnectionRefusedError()))
        self.assertFalse(self.refused(PeerRefusedError("its certificate has expired")))

    def test_an_answer_that_never_comes(self) -> None:
        waiting = self.call(timeout=5)
        self.engine.clock.advance(5)
        self.assertTrue(self.cause(waiting).silent)

    def test_ends_without_an_answer(self) -> None:
        for end in (self.engine.ends, self.engine.dies):
            waiting = self.call()
            end()
            self.assertTrue(self.cause(waiting).silent)

    def test_some_of_an_answer_is_a_word(self) -> None:
        for some in (b"HTTP/1.1 2", b"HTTP/1.1 100 Continue\r\n\r\n", SMALL[:-1]):
            for end in (self.engine.ends, self.engine.dies):
                waiting = self.call()
                self.engine.answers(some)
                end()
                self.assertFalse(self.cause(waiting).silent)
            waiting = self.call(timeout=5)
            self.engine.answers(some)
            self.engine.clock.advance(5)
            self.assertFalse(self.cause(waiting).silent)

    def test_nonsense_is_a_word(self) -> None:
        waiting = self.call()
        self.engine.answers(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        self.assertFalse(self.cause(waiting).silent)

    def test_an_alert_behind_the_handshake_is_a_word(self) -> None:
        """With TLS 1.3, engines refuse our certificate once we think that all is well."""
        waiting = self.call()
        alert = SSL.Error([("SSL routines", "", "tlsv13 alert certificate required")])
        self.engine.connections[-1].connectionLost(Failure(alert))
        self.assertFalse(self.cause(waiting).silent)
