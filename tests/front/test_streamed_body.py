"""Bodies that a resource takes as they come."""

from __future__ import annotations

from swarmd.core.errors import ApiError
from swarmd.front.request import DockerRequest
from tests.front.memory import Connection, HeadLeaf

CHUNKED = (
    b"POST /load HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


class Sink:
    """Remembers what it is told; answers at the end."""

    def __init__(self) -> None:
        self.data = b""
        self.complete = False
        self.error: ApiError | None = None
        self.request: DockerRequest

    def take(self, request: DockerRequest) -> None:
        self.request = request
        request.stream_body(self)

    def received(self, data: bytes) -> None:
        self.data += data

    def ended(self) -> None:
        self.complete = True
        self.request.reply(200, b"got it")

    def failed(self, error: ApiError) -> None:
        self.error = error


def make(**knobs: object) -> tuple[Connection, Sink]:
    sink = Sink()
    return Connection({"load": HeadLeaf(sink.take)}, **knobs), sink


def test_pieces_come_as_they_are_sent_whatever_their_size() -> None:
    client, sink = make(max_body=10)
    client.send(CHUNKED + b"5\r\nhello\r\n")
    assert sink.data == b"hello" and not sink.complete
    client.send(b"20\r\n" + b"x" * 16)
    assert sink.data == b"hello" + b"x" * 16
    client.send(b"y" * 16 + b"\r\n0\r\n\r\n")
    assert sink.complete and client.statuses() == [200]


def test_the_connection_serves_the_next_request() -> None:
    client, sink = make()
    client.send(CHUNKED + b"2\r\nhi\r\n0\r\n\r\n" + CHUNKED + b"1\r\n!\r\n0\r\n\r\n")
    assert client.statuses() == [200, 200] and sink.data == b"hi!"


def test_a_body_with_a_length() -> None:
    client, sink = make()
    client.send(
        b"POST /load HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 4\r\n\r\nab"
    )
    client.send(b"cd")
    assert sink.data == b"abcd" and client.statuses() == [200]


def test_no_body_is_an_empty_one() -> None:
    client, sink = make()
    client.send(b"POST /load HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n")
    assert sink.complete and sink.data == b""


def test_a_held_body_is_not_read() -> None:
    client, sink = make()
    client.send(CHUNKED)
    sink.request.hold_body(True)
    assert client.transport.producerState == "paused"
    client.send(b"2\r\nhi\r\n")
    assert sink.data == b""
    sink.request.hold_body(False)
    assert sink.data == b"hi" and client.transport.producerState == "producing"


def test_while_it_is_held_no_time_limit_runs() -> None:
    client, sink = make(body_pause=5.0)
    client.send(CHUNKED)
    sink.request.hold_body(True)
    assert client.channel.deadline is None
    sink.request.hold_body(False)
    assert client.channel.deadline == client.clock.seconds() + 5.0


def test_a_sink_may_hold_what_it_is_just_given() -> None:
    client, sink = make()
    take = sink.received

    def hold(data: bytes) -> None:
        take(data)
        sink.request.hold_body(True)

    sink.received = hold  # type: ignore[method-assign]
    client.send(CHUNKED + b"2\r\nhi\r\n")
    client.send(b"1\r\n!\r\n")
    assert sink.data == b"hi"
    sink.request.hold_body(False)
    assert sink.data == b"hi!"


def test_expect_continue() -> None:
    client, _ = make()
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    client.send(head)
    assert client.sent == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_broken_coding_is_told_to_both() -> None:
    client, sink = make()
    client.send(CHUNKED + b"zz\r\n")
    assert sink.error is not None and client.statuses() == [400]


def test_a_body_that_stops_is_told_to_both() -> None:
    client, sink = make()
    client.send(CHUNKED)
    client.channel.expire()
    assert sink.error is not None and client.statuses() == [408]


def test_an_answer_before_the_end_closes_the_connection() -> None:
    client, sink = make()
    client.send(CHUNKED + b"2\r\nhi\r\n")
    sink.request.start(200)
    client.send(b"2\r\nho\r\n")
    assert sink.data == b"hiho", "the body goes on under a growing answer"
    sink.request.finish()
    [(head, _)] = client.answers()
    assert head.get(b"connection") == b"close" and client.transport.half_closed
    client.send(b"5\r\nafter\r\n")
    assert sink.data == b"hiho"


def test_a_sink_that_answers_at_once() -> None:
    client, sink = make()
    sink.received = lambda data: sink.request.reply(500)  # type: ignore[method-assign]
    client.send(CHUNKED + b"2\r\nhi\r\n0\r\n\r\n")
    assert client.statuses() == [500] and not sink.complete


def test_a_client_that_leaves() -> None:
    client, sink = make()
    client.send(CHUNKED + b"2\r\nhi\r\n")
    left: list[int] = []
    sink.request.on_gone(lambda: left.append(1))
    client.leave()
    sink.request.hold_body(False)
    assert left == [1] and not sink.complete and sink.error is None
