"""What a tunnel does before it is joined, and with time; its bytes are in tests/wire."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from swarmd.streams.tunnel import LARGEST_ERROR, LEFT, LINGER, MOST_HELD, tunnel
from tests.streams.memory import DONE, LOST, Engine, Request, get, post

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"Transfer-Encoding: chunked"
BEHIND = b"DELETE /containers/x HTTP/1.1\r\nHost: a\r\n\r\n"


class TunnelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.done: list[int] = []

    def tearDown(self) -> None:
        self.engine.link.close()
        self.engine.clock.advance(LINGER)
        self.assertEqual(self.engine.clock.getDelayedCalls(), [])

    def send(self, request: Request, **more: Any) -> Request:
        tunnel(request, self.engine.link, b"/y", done=self.done.append, **more)
        return request

    def test_what_came_early_follows_the_head(self) -> None:
        self.send(post(b"/x", CHUNKED, early=b"3\r\nabc"))
        self.assertTrue(self.engine.wire.sent.endswith(b"\r\n\r\n3\r\nabc"))

    def test_nothing_behind_the_body_is_for_the_engine(self) -> None:
        for line, body in ((CHUNKED, b"3\r\nabc\r\n0\r\n\r\n"), (b"Content-Length: 3", b"abc")):
            for cut in range(len(body) + len(BEHIND)):
                whole = body + BEHIND
                request = self.send(post(b"/x", line, early=whole[:cut]))
                request.channel.end.received(whole[cut:])
                sent = self.engine.wire.sent.split(b"\r\n\r\n", 1)[1]
                self.assertEqual(sent, body)
                self.engine.answers(ANSWER)
                self.engine.ends()
                self.assertEqual(request.got, ANSWER)
                request.channel.end.half_closed()

    def test_a_download_takes_nothing_of_its_client_along(self) -> None:
        for lines in ((), (b"Content-Length: 3",), (CHUNKED,)):
            request = self.send(
                get(b"/x", *lines, b"Content-Type: multipart/form-data; boundary=x")
            )
            request.channel.end.received(b"3\r\nabc\r\n0\r\n\r\n" + BEHIND)
            self.assertTrue(self.engine.wire.sent.endswith(b"Connection: close\r\n\r\n"))
            for word in (b"Content-", b"Transfer-", b"abc", b"DELETE"):
                self.assertNotIn(word, self.engine.wire.sent)
            self.engine.ends()
            request.channel.end.half_closed()

    def test_an_upload_in_broken_chunks_is_refused_and_cut_off(self) -> None:
        for early in (b"", b"zz\r\n"):
            request = self.send(post(b"/x", CHUNKED, early=early))
            if not early:
                request.channel.end.received(b"zz\r\n")
                self.assertTrue(self.engine.wire.aborted)
            self.assertTrue(request.got.startswith(b"HTTP/1.1 400 Bad Request\r\n"))
        self.assertEqual((self.done, len(self.engine.connections)), ([400, 400], 1))
        request = self.send(post(b"/x", CHUNKED))
        self.engine.answers(ANSWER[:-1])
        request.channel.end.received(b"zz\r\n")
        self.assertTrue(request.channel.transport.aborted)

    def test_what_comes_while_we_dial_waits_within_bounds(self) -> None:
        self.engine.hold = True
        request = self.send(post(b"/x", b"Content-Length: 1000000"))
        for _ in range(MOST_HELD // 1000 + 1):
            request.channel.end.received(b"#" * 1000)
        self.assertTrue(request.channel.transport.paused)
        self.engine.dialling[0].callback(None)
        self.assertFalse(request.channel.transport.paused)
        self.assertEqual(self.engine.wire.sent.count(b"#"), (MOST_HELD // 1000 + 1) * 1000)

    def test_a_client_that_leaves_while_we_dial(self) -> None:
        for leave in ("half_closed", "lost"):
            self.engine.hold = True
            request = self.send(get())
            if leave == "lost":
                request.channel.end.lost(LOST)
            else:
                request.channel.end.half_closed()
        self.assertEqual((self.engine.connections, self.done), ([], [LEFT, LEFT]))

    def test_an_upload_that_is_complete_while_we_dial(self) -> None:
        self.engine.hold = True
        request = self.send(post(b"/x", CHUNKED, early=b"0\r\n\r\n"))
        request.channel.end.half_closed()
        self.engine.dialling[0].callback(None)
        self.assertTrue(self.engine.wire.ended and not self.engine.wire.aborted)
        self.engine.answers(ANSWER)
        self.engine.ends()
        self.assertEqual((request.got, self.done), (ANSWER, [200]))

    def test_an_answer_lingers_and_is_closed(self) -> None:
        request = self.send(post(b"/x", CHUNKED))
        self.engine.answers(ANSWER)
        self.engine.ends()
        self.assertTrue(request.channel.transport.ended)
        request.channel.end.received(b"x" * 1000)
        self.assertFalse(request.channel.transport.disconnecting)
        self.engine.clock.advance(LINGER)
        self.assertTrue(request.channel.transport.disconnecting)

    def test_a_client_that_ends_while_it_lingers_is_closed_at_once(self) -> None:
        request = self.send(get())
        self.engine.answers(ANSWER)
        self.engine.ends()
        request.channel.end.half_closed()
        self.assertTrue(request.channel.transport.disconnecting)
        request.channel.end.lost(DONE)
        self.assertEqual(self.done, [200])

    def test_the_content_type_is_replaced_on_success(self) -> None:
        request = self.send(get(), content_type=b"c/d")
        self.engine.answers(ANSWER)
        self.assertIn(b"\r\nContent-Type: c/d\r\n", request.got)
        request = self.send(get(), content_type=b"c/d")
        self.engine.answers(ANSWER.replace(b"200 OK", b"404 No"))
        self.assertIn(b"\r\nContent-Type: a/b\r\n", request.got)

    def test_interim_answers_pass_and_are_bounded(self) -> None:
        interim = b"HTTP/1.1 100 Continue\r\n\r\n"
        request = self.send(post(b"/x", CHUNKED))
        self.engine.answers(interim[:5])
        self.engine.answers(interim[5:] + interim + ANSWER)
        self.assertEqual(request.got, interim * 2 + ANSWER)
        request = self.send(post(b"/x", CHUNKED))
        self.engine.answers(interim * 50)
        self.assertIn(b"HTTP/1.1 503 ", request.got)

    def test_an_upgrade_that_nobody_asked_for(self) -> None:
        request = self.send(get())
        self.engine.answers(b"HTTP/1.1 101 UPGRADED\r\n\r\n")
        self.assertIn(b"an upgrade that nobody asked for", request.got)

    def test_broken_chunks_break_the_client_where_they_are_looked_at(self) -> None:
        request = self.send(get())
        self.engine.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.engine.answers(b"zz\r\n")
        self.assertTrue(request.channel.transport.aborted)
        self.assertEqual(self.done, [503])

    def test_a_closing_link(self) -> None:
        waiting, begun = self.send(get()), self.send(get())
        self.engine.answers(ANSWER[:-1])
        self.engine.link.close("the node was removed")
        self.assertIn(b"the node was removed", waiting.got)
        self.assertTrue(begun.channel.transport.aborted)

    def test_an_error_in_done_costs_the_client_nothing(self) -> None:
        request = get()
        tunnel(request, self.engine.link, b"/y", done=lambda status: {}[status])
        self.engine.answers(ANSWER)
        self.assertEqual(request.got, ANSWER)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_a_client_that_left_already(self) -> None:
        request = get()
        request.leave()
        self.send(request)
        self.assertEqual((self.done, self.engine.connections), ([LEFT], []))

    def test_the_words_of_a_refusal_can_be_changed_however_it_comes(self) -> None:
        refused = b"HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nabc"
        wanted = b"HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\nABCD"
        for cut in range(1, len(refused)):
            request = self.send(get(), refusal=lambda status, body: {b"abc": b"ABCD"}[body])
            self.engine.answers(refused[:cut])
            self.engine.answers(refused[cut:])
            self.engine.ends()
            self.assertEqual(request.got, wanted)
            request.channel.end.half_closed()
        self.assertEqual(set(self.done), {404})

    def test_what_is_no_short_refusal_passes_as_it_is(self) -> None:
        endless = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
        long = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\na" % (LARGEST_ERROR + 1)
        for answer in (ANSWER, endless, long):
            request = self.send(get(), refusal=lambda status, body: b"")
            self.engine.answers(answer)
            self.assertEqual(request.got, answer)
            request.leave()

    def test_a_refusal_that_breaks_off(self) -> None:
        request = self.send(get(), refusal=lambda status, body: body)
        self.engine.answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nab")
        self.engine.ends()
        self.assertTrue(request.got.startswith(b"HTTP/1.1 503 "))
