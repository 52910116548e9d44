from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.container.id_map import IdMap
from swarmd.core.errors import EngineUnreachable
from swarmd.streams import forward as module
from swarmd.streams.forward import forward
from tests.streams.memory import Engine, Request, get, post

SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nApi-Version: 1.41\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNFRAMED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


class ForwardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.done: list[int] = []

    def send(self, request: Request, **options: Any) -> Request:
        forward(request, self.engine.link, b"/v1.41/x?a=b", done=self.done.append, **options)
        return request

    def test_the_request_is_the_clients_without_its_hop_by_hop_headers(self) -> None:
        extra = (b"X-Registry-Auth: abc", b"Connection: keep-alive, X-Mine", b"X-Mine: 1")
        own = post(b"/x", *extra, b"Expect: 100-continue", b"Content-Length: 2")
        self.send(own, body=b"{}")
        self.assertEqual(
            self.engine.wire.sent,
            b"POST /v1.41/x?a=b HTTP/1.1\r\nHost: docker\r\nX-Registry-Auth: abc\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        )

    def test_a_body_that_came_in_chunks_goes_on_with_its_length(self) -> None:
        self.send(post(b"/x", b"Transfer-Encoding: chunked"), body=b"abc")
        self.assertTrue(self.engine.wire.sent.endswith(b"Content-Length: 3\r\n\r\nabc"))

    def test_a_get_has_no_length_and_a_post_without_a_body_has_length_zero(self) -> None:
        self.send(get())
        self.assertNotIn(b"Content-Length", self.engine.wire.sent)
        self.send(post())
        self.assertIn(b"\r\nContent-Length: 0\r\n", self.engine.wire.sent)

    def test_the_answer_is_passed_on_verbatim(self) -> None:
        request = self.send(get())
        self.engine.answers(SMALL)
        self.assertEqual(request.got, SMALL)
        self.assertEqual((request.finished, self.done), (1, [200]))
        self.assertTrue(request.channel.persistent)

    def test_ids_are_those_that_clients_know(self) -> None:
        """As much is said as before: only the digits change, and only where they are JSON."""
        own, shown = b"a1" * 32, b"b2" * 32
        self.engine.link.translate(ids := IdMap())
        ids.put(own.decode(), shown.decode())
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 73\r\nContent-Type: %b\r\n\r\n"
        for kind, said in ((b"application/json", shown), (b"application/x-tar", own)):
            for rewrite in (None, lambda status, body: body):
                for cut in (1, 90, 100, 120):
                    answer = head % kind + b'{"a":"%b"}\n' % own
                    request = self.send(get(), rewrite=rewrite)
                    self.engine.answers(answer[:cut])
                    self.engine.answers(answer[cut:])
                    self.assertTrue(request.got.endswith(b'{"a":"%b"}\n' % said), request.got)
                    self.assertEqual(request.finished, 1)

    def test_the_connection_is_used_again(self) -> None:
        for _ in range(3):
            request = self.send(get())
            self.engine.answers(SMALL)
            self.assertEqual(request.got, SMALL)
        self.assertEqual(len(self.engine.connections), 1)

    def test_every_split_of_an_answer(self) -> None:
        answer = CHUNKED + b"3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"
        for cut in range(1, len(answer)):
            request = self.send(get())
            self.engine.answers(answer[:cut])
            self.assertEqual(request.finished, 0)
            self.engine.answers(answer[cut:])
            self.assertEqual(request.got, answer)
            self.assertEqual(request.finished, 1)
        self.assertEqual(len(self.engine.connections), 1)

    def test_an_answer_in_single_bytes(self) -> None:
        request = self.send(get())
        for at in range(len(SMALL)):
            self.engine.answers(SMALL[at : at + 1])
        self.assertEqual((request.got, request.finished), (SMALL, 1))

    def test_a_head_is_passed_on_at_once(self) -> None:
        request = self.send(post())
        self.engine.answers(CHUNKED)
        self.assertEqual((request.got, request.finished, self.done), (CHUNKED, 0, []))

    def test_done_is_told_before_the_last_byte_goes_out(self) -> None:
        request = get()
        seen: list[bytes] = []
        forward(request, self.engine.link, b"/x", done=lambda _: seen.append(request.got))
        self.engine.answers(SMALL[:-1])
        self.engine.answers(SMALL[-1:])
        self.assertEqual(seen, [SMALL[:-1]])

    def test_an_error_in_done_does_not_cost_the_client_its_answer(self) -> None:
        request = get()
        forward(request, self.engine.link, b"/x", done=lambda status: {}[status])
        self.engine.answers(SMALL)
        self.assertEqual(request.got, SMALL)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_an_unframed_answer_ends_both_connections(self) -> None:
        request = self.send(get())
        self.engine.answers(UNFRAMED + b"abc")
        self.engine.ends()
        self.assertEqual((request.got, request.finished), (UNFRAMED + b"abc", 1))
        self.assertFalse(request.channel.persistent)
        self.assertTrue(self.engine.wire.aborted)

    def test_connection_close_of_an_engine_is_respected(self) -> None:
        closing = SMALL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        request = self.send(get())
        self.engine.answers(closing)
        self.assertEqual(request.got, closing)
        self.assertFalse(request.channel.persistent)
        self.send(get())
        self.assertEqual(len(self.engine.connections), 2)

    def test_answers_without_a_body_end_with_their_head(self) -> None:
        for method, answer in (
            (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"),
            (b"POST", b"HTTP/1.1 204 No Content\r\n\r\n"),
            (b"POST", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ):
            with self.subTest(answer):
                request = self.send(get(method=method))
                self.engine.answers(answer)
                self.assertEqual((request.got, request.finished), (answer, 1))
        self.assertEqual(len(self.engine.connections), 1)

    def test_interim_answers_are_kept_from_the_client(self) -> None:
        request = self.send(get())
        self.engine.answers(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + SMALL
        )
        self.assertEqual(request.got, SMALL)

    def test_an_old_client_gets_an_answer_in_its_own_version(self) -> None:
        raw = b"GET /x HTTP/1.0\r\n\r\n"
        request = self.send(Request(raw))
        self.assertTrue(self.engine.wire.sent.startswith(b"GET /v1.41/x?a=b HTTP/1.0\r\nHost: "))
        self.engine.answers(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx")
        self.assertEqual((request.finished, request.channel.persistent), (1, False))

    def test_the_content_type_is_replaced_on_success_only(self) -> None:
        typed = SMALL.replace(b"Api", b"content-type: a/b\r\nApi")
        request = self.send(get(), content_type=b"c/d")
        self.engine.answers(typed)
        self.assertIn(b"\r\nContent-Type: c/d\r\n\r\n{}", request.got)
        self.assertNotIn(b"a/b", request.got)
        request = self.send(get(), content_type=b"c/d")
        self.engine.answers(typed.replace(b"200 OK", b"404 No"))
        self.assertIn(b"a/b", request.got)

    def test_the_client_sets_the_pace(self) -> None:
        request = self.send(get())
        self.engine.answers(CHUNKED + b"5\r\nab")
        source = request.channel.transport.producer
        self.assertIs(source, self.engine.wire)
        source.pauseProducing()
        self.engine.answers(b"cde\r\n0\r\n\r\n")
        self.assertIsNone(request.channel.transport.producer)
        self.assertFalse(self.engine.wire.paused)  # it rests in the pool, and must hear of its end


class FailureTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.done: list[int] = []

    def send(self, request: Request, **options: Any) -> Request:
        forward(request, self.engine.link, b"/x", done=self.done.append, **options)
        return request

    def error(self, request: Request) -> EngineUnreachable:
        assert isinstance(request.error, EngineUnreachable)
        return request.error

    def test_an_engine_that_cannot_be_reached(self) -> None:
        self.engine.refusal = OSError("no such thing")
        request = self.send(post())
        self.assertEqual(self.error(request).message, "node node-1 is unreachable: no such thing")
        self.assertFalse(self.error(request).sent)
        self.assertEqual((self.error(request).status, self.done), (503, [503]))

    def test_an_engine_that_dies_before_its_answer(self) -> None:
        for die in (self.engine.dies, self.engine.ends):
            request = self.send(post())
            die()
            self.assertTrue(self.error(request).sent)
        self.assertEqual(self.done, [503, 503])

    def test_an_engine_that_dies_in_its_answer(self) -> None:
        for die in (self.engine.dies, self.engine.ends):
            request = self.send(get())
            self.engine.answers(SMALL[:-1])
            die()
            self.assertEqual((request.aborted, request.finished), (1, 0))
        self.assertEqual(self.done, [503, 503])

    def test_an_unframed_answer_that_breaks_off_by_a_reset_is_no_end(self) -> None:
        request = self.send(get())
        self.engine.answers(UNFRAMED + b"abc")
        self.engine.dies()
        self.assertEqual((request.aborted, request.finished), (1, 0))

    def test_an_answer_that_breaks_off_looks_broken_off(self) -> None:
        for answer in (CHUNKED, UNFRAMED, CHUNKED + b"2\r\n{", SMALL[:-2]):
            request = self.send(post())
            self.engine.answers(answer)
            self.engine.dies()
            self.assertEqual((request.got, request.aborted), (answer, 1))
            self.assertEqual(request.framed, answer is not UNFRAMED)

    def test_a_client_that_leaves_frees_the_engine(self) -> None:
        request = self.send(post())
        request.leave()
        self.assertTrue(self.engine.wire.aborted)
        self.assertEqual((request.finished, self.done), (0, [module.LEFT]))

    def test_a_client_that_leaves_while_we_dial(self) -> None:
        self.engine.hold = True
        request = self.send(post())
        request.leave()
        self.assertEqual(self.done, [module.LEFT])
        self.assertEqual(self.engine.connections, [])

    def test_a_get_is_repeated_once_where_an_idle_connection_was_dead(self) -> None:
        self.send(get())
        self.engine.answers(SMALL)
        request = self.send(get())
        self.engine.dies()
        self.assertEqual(len(self.engine.connections), 2)
        self.engine.answers(SMALL)
        self.assertEqual((request.got, self.done), (SMALL, [200, 200]))

    def test_it_is_not_repeated_twice(self) -> None:
        self.send(get())
        self.engine.answers(SMALL)
        request = self.send(get())
        self.engine.dies()
        self.engine.dies()
        self.assertTrue(self.error(request).sent)

    def test_nothing_else_is_repeated(self) -> None:
        for method in (b"POST", b"PUT", b"DELETE"):
            self.send(get())
            self.engine.answers(SMALL)
            before = len(self.engine.connections)
            request = self.send(get(method=method))
            self.engine.dies()
            self.assertTrue(self.error(request).sent)
            self.assertEqual(len(self.engine.connections), before)

    def test_a_get_that_was_half_answered_is_not_repeated(self) -> None:
        self.send(get())
        self.engine.answers(SMALL)
        request = self.send(get())
        self.engine.answers(b"HTTP/1.1 2")
        self.engine.dies()
        self.assertTrue(self.error(request).sent)

    def test_what_an_engine_may_not_send(self) -> None:
        for garbage in (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x15\x03\x01\x00\x02\x02\x16",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000,
            b"HTTP/1.1 200 OK\nX: y\n\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
            b"HTTP/1.1 101 UPGRADED\r\n\r\n",
        ):
            with self.subTest(garbage[:40]):
                request = self.send(get())
                self.engine.answers(garbage)
                self.assertIn("malformed HTTP", self.error(request).message)
                self.assertTrue(self.engine.wire.aborted)

    def test_broken_chunks_abort_the_client(self) -> None:
        request = self.send(get())
        self.engine.answers(CHUNKED + b"zz\r\n")
        self.assertIn("malformed", self.error(request).message)
        request = self.send(get())
        self.engine.answers(CHUNKED)
        self.engine.answers(b"1" * 5000)
        self.assertEqual(request.aborted, 1)

    def test_what_follows_an_answer_goes_to_nobody(self) -> None:
        request = self.send(get())
        self.engine.answers(SMALL + b"HTTP/1.1 200 OK\r\n\r\n")
        self.assertEqual(request.got, SMALL)
        self.assertTrue(self.engine.wire.aborted)

    def test_bytes_on_an_idle_connection_end_it(self) -> None:
        self.send(get())
        self.engine.answers(SMALL)
        self.engine.answers(SMALL)
        self.assertTrue(self.engine.wire.aborted)
        self.send(get())
        self.assertEqual(len(self.engine.connections), 2)

    def test_a_closed_link(self) -> None:
        waiting = self.send(post())
        self.engine.link.close()
        self.assertIn("was removed", self.error(waiting).message)
        self.assertTrue(self.engine.wire.aborted)
        self.assertIn("was removed", self.error(self.send(get())).message)

    def test_an_interrupted_link_fails_those_who_wait_for_a_head(self) -> None:
        begun, waiting = self.send(get()), self.send(get())
        self.engine.answers(SMALL[:-1], which=0)
        self.engine.link.interrupt("no answer to pings")
        self.assertIn("no answer to pings", self.error(waiting).message)
        self.engine.answers(SMALL[-1:], which=0)
        self.assertEqual(begun.got, SMALL)
