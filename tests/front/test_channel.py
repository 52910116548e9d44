from __future__ import annotations

import orjson
import pytest

from swarmd.front.channel import MAX_AHEAD
from swarmd.front.lingering_close import MAX_LINGER
from swarmd.front.request import DockerRequest
from tests.front.memory import Connection, HeadLeaf, Leaf


def echo(request: DockerRequest) -> None:
    request.reply(200, request.path + b" " + request.body, content_type=b"text/plain")


def later(request: DockerRequest) -> None:
    """The test answers."""


def connection(**knobs: int) -> Connection:
    tree = {"echo": Leaf(echo), "later": Leaf(later), "stream": HeadLeaf(later)}
    return Connection(tree, **knobs)


def only_message(made: Connection) -> tuple[int, str]:
    [(head, body)] = made.answers()
    assert head.get(b"content-type") == b"application/json"
    assert not head.keep_alive
    return head.status, orjson.loads(body)["message"]


STREAM = (
    b"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Upgrade: tcp\r\nContent-Length: 3\r\n\r\n"
)
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
SIZED = POST + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"


@pytest.mark.parametrize("data", [SIZED, CHUNKED])
def test_a_request_may_be_cut_anywhere(data: bytes) -> None:
    for cut in range(1, len(data)):
        made = connection()
        made.send(data[:cut])
        assert made.sent == b""
        made.send(data[cut:])
        [(head, body)] = made.answers()
        assert (head.status, body) == (200, b"/echo hello")
        assert head.get(b"server") == b"swarmd/1 (linux)"


def test_pipelined_requests_are_answered_in_order() -> None:
    made = connection()
    made.send(SIZED + CHUNKED + SIZED)
    assert [body for _, body in made.answers()] == [b"/echo hello"] * 3
    assert not made.transport.disconnecting


def test_the_next_request_waits_for_the_answer() -> None:
    made = connection()
    waiting = made.site.resource.children[b"later"].requests
    made.get("/later")
    made.get("/later")
    assert len(waiting) == 1
    waiting[0].reply(200, b"1")
    assert len(waiting) == 2
    waiting[1].reply(200, b"2")
    assert [body for _, body in made.answers()] == [b"1", b"2"]


def test_long_pipelines_do_not_recurse() -> None:
    made = connection()
    made.send(SIZED * 3000)
    assert len(made.answers()) == 3000


def test_what_comes_ahead_is_bounded() -> None:
    made = connection()
    made.get("/later")
    made.send(b"GET /echo HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MAX_AHEAD)
    assert made.transport.producerState == "paused"
    made.site.resource.children[b"later"].requests[0].reply(200)
    assert made.transport.producerState == "producing"
    made.send(b"\r\n\r\n")
    assert made.statuses() == [200, 200]


def test_who_does_not_read_gets_no_next_answer() -> None:
    made = connection()
    made.channel.pauseProducing()
    assert made.transport.producerState == "paused"
    made.get("/echo")
    assert made.sent == b""
    made.channel.resumeProducing()
    assert made.statuses() == [200]
    assert made.transport.producerState == "producing"


@pytest.mark.parametrize(
    ("request_lines", "closes", "said"),
    [
        (b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", False, None),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", True, b"close"),
        (b"GET /echo HTTP/1.0\r\n\r\n", True, b"close"),
        (b"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False, b"keep-alive"),
    ],
)
def test_keep_alive(request_lines: bytes, closes: bool, said: bytes | None) -> None:
    made = connection()
    made.send(request_lines)
    [(head, _)] = made.answers()
    assert head.get(b"connection") == said
    assert made.transport.disconnecting is closes
    assert head.version == request_lines[15:18]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x", 400),
        (b"GET /echo HTTP/1.1\nHost: a\n\n", 400),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\xa5", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /" + b"a" * 70_000, 431),
    ],
)
def test_bad_heads_are_the_last(data: bytes, status: int) -> None:
    made = connection()
    made.send(data)
    assert only_message(made)[0] == status
    assert made.transport.half_closed
    made.send(b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
    assert made.statuses() == [status]


def test_tls_to_a_plain_port_is_told() -> None:
    made, rejected = connection(), []
    made.site.refused = lambda peer, why: rejected.append((peer, why))
    made.send(b"\x16\x03\x01\x00\xa5\n")
    assert b"Client sent an HTTPS request to an HTTP server." in made.transport.value()
    assert rejected == [(made.transport.getPeer(), "it speaks TLS to a port without")]


def test_a_refused_client_is_listened_to_for_a_while() -> None:
    made = connection()
    made.send(b"?\r\n\r\n")
    made.send(b"x" * MAX_LINGER)
    assert not made.transport.aborted
    made.send(b"x")
    assert made.transport.aborted


def test_a_refused_client_that_closes_is_let_go() -> None:
    made = connection()
    made.send(b"?\r\n\r\n")
    made.channel.readConnectionLost()
    assert made.transport.disconnecting


def test_a_refused_client_that_stays_is_cut_off() -> None:
    made = connection()
    made.send(b"?\r\n\r\n")
    made.clock.advance(5)
    made.site.sweep()
    assert made.transport.aborted


@pytest.mark.parametrize(
    "body",
    [b"Content-Length: 11\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n"],
)
def test_a_body_over_the_limit(body: bytes) -> None:
    made = connection()
    made.site.max_body = 10
    made.send(POST + body)
    assert only_message(made) == (413, "request body is larger than 10 bytes")
    assert made.transport.half_closed


def test_a_resource_may_have_a_limit_of_its_own() -> None:
    made = connection()
    made.site.resource.children[b"echo"].body_limit = 4
    made.send(SIZED)
    assert made.statuses() == [413]


def test_a_refused_body_that_is_already_here_costs_no_connection() -> None:
    made = connection()
    made.site.max_body = 4
    made.send(SIZED + b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
    assert made.statuses() == [413, 200]


def test_broken_chunks() -> None:
    made = connection()
    made.send(POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert only_message(made) == (400, "malformed chunk size")
    assert made.transport.half_closed


def test_expect_continue() -> None:
    made = connection()
    made.send(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert made.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    made.send(b"hello")
    assert made.statuses() == [100, 200]


def test_expect_continue_for_a_body_that_is_refused() -> None:
    made = connection()
    made.site.max_body = 4
    made.send(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert made.statuses() == [413]


def test_a_slow_head() -> None:
    made = connection()
    made.send(b"GET ")
    made.clock.advance(29)
    made.send(b"/echo ")
    made.site.sweep()
    assert made.sent == b""
    made.clock.advance(1)
    made.site.sweep()
    assert only_message(made) == (408, "the request head did not come in time")


def test_a_stalled_body() -> None:
    made = connection()
    made.send(SIZED[:-2])
    made.clock.advance(59)
    made.send(b"l")
    made.clock.advance(59)
    made.site.sweep()
    assert made.sent == b""
    made.clock.advance(1)
    made.site.sweep()
    assert only_message(made) == (408, "the request body did not come in time")


def test_an_idle_connection_is_closed_late_and_a_busy_one_never() -> None:
    made = connection()
    made.get("/echo")
    made.clock.advance(299)
    made.site.sweep()
    assert not made.transport.disconnecting
    made.get("/later")
    made.clock.advance(10_000)
    made.site.sweep()
    assert not made.transport.disconnecting
    made.site.resource.children[b"later"].requests[0].reply(200)
    made.clock.advance(300)
    made.site.sweep()
    assert made.transport.disconnecting
    assert made.statuses() == [200, 200]


def test_a_fin_means_gone() -> None:
    made = connection()
    made.get("/later")
    [request] = made.site.resource.children[b"later"].requests
    gone: list[str] = []
    request.on_gone(lambda: gone.append("first"))
    made.channel.readConnectionLost()
    assert request.gone and gone == ["first"]
    assert made.transport.disconnecting
    made.leave()
    assert gone == ["first"]


def test_a_fin_that_is_survived() -> None:
    made = connection()
    made.get("/later")
    [request] = made.site.resource.children[b"later"].requests
    request.survives_half_close = True
    made.channel.readConnectionLost()
    assert not request.gone
    request.reply(200, b"whole")
    [(head, body)] = made.answers()
    assert (head.keep_alive, body) == (False, b"whole")
    assert made.transport.disconnecting


def test_a_fin_between_requests() -> None:
    made = connection()
    made.get("/echo")
    made.channel.readConnectionLost()
    assert made.transport.disconnecting


def test_too_many_connections() -> None:
    made = connection(max_connections=1)
    made.open()
    assert only_message(made)[0] == 503
    made.leave()
    made.site.max_connections = 2
    made.open()
    made.get("/echo")
    assert made.statuses() == [200]


def test_far_too_many_connections() -> None:
    made = connection(max_connections=1)
    for _ in range(256):
        made.open()
    assert made.site.buildProtocol(None) is None


def test_an_answer_without_the_body_does_not_take_the_body_for_a_request() -> None:
    made = connection()
    made.send(STREAM)
    made.site.resource.children[b"stream"].requests[0].reply(404)
    made.send(b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
    [(head, _)] = made.answers()
    assert head.status == 404 and not head.keep_alive
    assert made.transport.half_closed


@pytest.mark.parametrize("rest", [b"abc", b"abcGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_an_answer_without_a_body_that_is_here_skips_it(rest: bytes) -> None:
    made = connection()
    made.send(STREAM + rest)
    made.site.resource.children[b"stream"].requests[0].reply(404)
    assert made.statuses() == [404, 200][: 1 + (len(rest) > 3)]
    assert not made.transport.half_closed


def test_broken_chunks_are_not_skipped() -> None:
    made = connection()
    made.send(
        b"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    )
    made.site.resource.children[b"stream"].requests[0].reply(404)
    assert made.statuses() == [404]
    assert made.transport.half_closed


def test_a_connection_that_its_request_gives_up_says_nothing_more() -> None:
    made = connection()
    made.get("/later")
    [request] = made.site.resource.children[b"later"].requests
    request.loseConnection()
    assert made.transport.disconnecting
    request.reply(200)
    made.get("/echo")
    assert len(made.answers()) == 1


def test_a_closed_client_that_never_reads_is_cut_off() -> None:
    made = connection()
    made.get("/echo", "Connection: close")
    made.clock.advance(299)
    made.site.sweep()
    assert not made.transport.aborted
    made.clock.advance(1)
    made.site.sweep()
    assert made.transport.aborted


def test_what_is_sent_ahead_waits_for_others() -> None:
    made = connection()
    made.channel.dataReceived(SIZED * 50)
    assert len(made.answers()) == 1
    other = made.open()
    other.dataReceived(SIZED)
    assert len(made.answers()) == 1  # the other's, at once
    made.clock.advance(0)
    assert len(made.answers()) == 1


def test_what_waits_for_its_turn_is_bounded() -> None:
    made = connection()
    made.channel.dataReceived(SIZED * (2 * MAX_AHEAD // len(SIZED)))
    assert made.transport.producerState == "paused"
    made.clock.advance(0)
    assert made.transport.producerState == "producing"
    assert len(made.answers()) == 2 * MAX_AHEAD // len(SIZED)


@pytest.mark.parametrize("rest", [b"", b"GET /ec"])
def test_a_client_that_ends_is_answered_what_waits(rest: bytes) -> None:
    made = connection()
    made.channel.dataReceived(SIZED * 5 + rest)
    made.channel.readConnectionLost()
    assert not made.transport.disconnecting
    made.clock.advance(0)
    assert len(made.answers()) == 5
    assert made.transport.disconnecting


def test_nobody_takes_the_turn_of_one_that_is_gone() -> None:
    made = connection()
    made.channel.dataReceived(SIZED * 5)
    made.leave()
    made.clock.advance(0)
    assert len(made.answers()) == 1
