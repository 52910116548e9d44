from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from twisted.internet.error import ConnectionLost
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from swarmd.core.errors import ApiError, Conflict
from swarmd.front.request import DockerRequest
from swarmd.front.slice_producer import SLICE
from tests.front.memory import Connection, HeadLeaf, Leaf


def served(answer: Any, data: bytes, path: str = "x") -> Connection:
    made = Connection({path: Leaf(answer)})
    made.send(data)
    return made


def asked(target: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    kind = ["Content-Type: application/json"] if method == "POST" else []
    head = [f"{method} {target} HTTP/{version}", "Host: a", *kind, *lines, "", ""]
    return "\r\n".join(head).encode()


def request_of(data: bytes) -> DockerRequest:
    leaf = Leaf(lambda request: None)
    Connection({"x": leaf}).send(data)
    [request] = leaf.requests
    return request


def test_what_was_asked() -> None:
    request = request_of(asked("/x/y?all=1&t=a&t=b%20c&f=None", "X-Auth: e30=", "x-auth: b"))
    assert (request.prepath, request.postpath) == ([b"x"], [b"y"])
    assert request.raw_query == b"all=1&t=a&t=b%20c&f=None"
    assert request.arg("t") == "a"
    assert request.arg("absent", "-") == "-"
    assert request.arg_list("t") == ["a", "b c"]
    assert request.arg_list("absent") == []
    assert (request.flag("all"), request.flag("f"), request.flag("absent")) == (True, False, False)
    assert request.header(b"x-auth") == b"e30=, b"
    assert request.version is None


def test_what_twisted_offers_still_works() -> None:
    request = request_of(asked("/x?a=1&b=", "X-Auth: e30="))
    assert request.args == {b"a": [b"1"], b"b": [b""]}
    assert request.getHeader("x-auth") == "e30="
    assert request.requestHeaders.getRawHeaders("Host") == ["a"]
    assert request.content.read() == b""
    assert not request.isSecure()
    assert request.getClientAddress() is request.channel.getPeer()


def test_a_malformed_query() -> None:
    made = served(lambda request: request.arg("a"), asked("/x?a=%zz"))
    [(head, body)] = made.answers()
    assert head.status == 400
    assert orjson.loads(body) == {"message": 'invalid URL escape "%zz"'}


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("//x", b"/x"),
        ("/a/../x?q=1", b"/x?q=1"),
        ("/a/%2e%2e/x", b"/x"),
        ("/x/a%20b//", b"/x/a%20b/"),
        ("/x%2F%2Fy", b"/x/y"),
    ],
)
def test_unclean_paths_are_redirected_as_by_engines(target: str, location: bytes) -> None:
    [(head, body)] = served(lambda request: b"", asked(target)).answers()
    assert (head.status, head.get(b"location"), body) == (301, location, b"")


def test_an_escaped_slash_is_a_slash() -> None:
    assert request_of(asked("/x/a%2Fb/")).postpath == [b"a", b"b", b""]


@pytest.mark.parametrize("target", ["/x/%00", "/x/%0d%0aSet-Cookie:%20a"])
def test_control_characters_in_a_path(target: str) -> None:
    assert served(lambda request: b"", asked(target)).statuses() == [400]


def test_the_asterisk() -> None:
    made = served(lambda request: b"", asked("*", method="OPTIONS") + asked("*"))
    assert made.statuses() == [200, 404]


def test_reply() -> None:
    made = served(
        lambda request: request.reply(201, b"{}", headers=[(b"X-Extra", b"1")]), asked("/x")
    )
    assert made.sent == (
        b"HTTP/1.1 201 Created\r\nServer: swarmd/1 (linux)\r\nX-Extra: 1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_head_has_the_length_and_no_body() -> None:
    made = served(lambda request: request.reply(200, b"12345"), asked("/x", method="HEAD"))
    [(head, body)] = made.answers(b"HEAD")
    assert (head.length, body) == (5, b"")


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(status: int) -> None:
    [(head, body)] = served(lambda request: request.reply(status), asked("/x")).answers()
    assert (head.status, head.length, head.get(b"content-type"), body) == (status, None, None, b"")


def test_reply_json_and_error() -> None:
    [(_, body)] = served(lambda r: r.reply_json(200, {"a": [1]}), asked("/x")).answers()
    assert body == b'{"a":[1]}\n'
    [(head, body)] = served(lambda r: r.reply_error(Conflict("no: é\udcff")), asked("/x")).answers()
    assert (head.status, orjson.loads(body)) == (409, {"message": "no: é\\udcff"})


def test_headers_cannot_be_injected() -> None:
    extra = [(b"X", b"a\r\nY: b")]
    made = served(lambda request: request.reply(200, headers=extra), asked("/x"))
    assert made.statuses() == [500]
    assert b"Y: b" not in made.sent


def test_small_pieces_are_joined() -> None:
    made = served(lambda request: request.reply(200, [b"[", b"1", b"]"]), asked("/x"))
    assert made.answers()[0][1] == b"[1]"


def test_large_answers_are_written_at_the_clients_pace() -> None:
    pieces = [b"x" * 1000] * (3 * SLICE // 1000)
    made = Connection({"x": Leaf(lambda request: request.reply(200, pieces))})
    made.get("/x")
    assert len(made.sent) < SLICE
    made.channel.readConnectionLost()
    while made.transport.producer is not None and not made.transport.disconnecting:
        made.transport.producer.resumeProducing()
    [(_, body)] = made.answers()
    assert body == b"".join(pieces)
    assert made.transport.disconnecting


def test_pieces_are_made_as_they_are_sent() -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(4):
            made.append(number)
            yield b"%d" % number * SLICE

    connection = served(lambda request: request.reply_pieces(200, pieces(), b"text/x"), asked("/x"))
    assert made == [0, 1]
    while connection.transport.producer is not connection.channel:
        connection.transport.producer.resumeProducing()
    [(head, body)] = connection.answers()
    assert head.chunked and head.get(b"content-type") == b"text/x"
    assert body == b"".join(b"%d" % number * SLICE for number in range(4))


def test_few_pieces_are_one_answer() -> None:
    connection = served(lambda request: request.reply_pieces(200, iter([b"a", b"b"])), asked("/x"))
    [(head, body)] = connection.answers()
    assert (head.length, body) == (2, b"ab")


def test_head_of_many_pieces_has_their_length() -> None:
    pieces = [b"x" * SLICE] * 3
    connection = served(
        lambda request: request.reply_pieces(200, iter(pieces)), asked("/x", method="HEAD")
    )
    [(head, body)] = connection.answers(b"HEAD")
    assert (head.length, body) == (3 * SLICE, b"")


def test_a_growing_answer() -> None:
    leaf = Leaf(lambda request: request.start(200, headers=[(b"X", b"y")]))
    made = Connection({"x": leaf})
    made.get("/x")
    assert made.sent == (
        b"HTTP/1.1 200 OK\r\nServer: swarmd/1 (linux)\r\nX: y\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    [request] = leaf.requests
    made.transport.clear()
    request.send(b"hello")
    request.send(b"")
    assert made.sent == b"5\r\nhello\r\n"
    request.finish()
    request.finish()
    request.send(b"too late")
    assert made.sent == b"5\r\nhello\r\n0\r\n\r\n"
    made.get("/x")
    assert len(leaf.requests) == 2


def grow(request: DockerRequest) -> None:
    request.start(200)
    request.send(b"hello")
    request.finish()


@pytest.mark.parametrize("lines", [[], ["Connection: keep-alive"]])
def test_a_growing_answer_to_http_1_0_ends_with_the_connection(lines: list[str]) -> None:
    made = served(grow, asked("/x", *lines, version="1.0"))
    [(head, body)] = made.answers()
    assert (head.chunked, head.keep_alive, body) == (False, False, b"hello")
    assert made.transport.disconnecting


def test_a_growing_answer_to_head() -> None:
    made = served(grow, asked("/x", method="HEAD") + asked("/x", method="HEAD"))
    assert [body for _, body in made.answers(b"HEAD")] == [b"", b""]


def test_abort() -> None:
    leaf = Leaf(lambda request: request.start(200))
    made = Connection({"x": leaf})
    made.get("/x")
    [request] = leaf.requests
    gone: list[int] = []
    request.on_gone(lambda: gone.append(1))
    request.reply_error(ApiError("too late for words"))
    assert made.transport.aborted
    made.reset()
    assert gone == [] and request.gone
    request.abort()


class Gone(SynchronousTestCase):
    def setUp(self) -> None:
        leaf = Leaf(lambda request: None)
        self.made = Connection({"x": leaf})
        self.made.get("/x")
        [self.request] = leaf.requests
        self.calls: list[str] = []

    def test_everybody_hears_once(self) -> None:
        self.request.on_gone(lambda: self.calls.append("a"))
        self.request.on_gone(lambda: 1 / 0)
        self.request.on_gone(lambda: self.calls.append("b"))
        finished = self.request.notifyFinish()
        self.made.reset()
        self.assertEqual(self.calls, ["a", "b"])
        self.request.on_gone(lambda: self.calls.append("late"))
        self.assertEqual(self.calls, ["a", "b", "late"])
        self.failureResultOf(finished, ConnectionLost)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_answers_to_nobody_are_silent(self) -> None:
        self.made.reset()
        self.request.reply(200, b"x")
        self.request.start(200)
        self.request.send(b"x")
        self.request.finish()
        self.request.abort()
        self.assertEqual(self.made.sent, b"")

    def test_nobody_hears_after_the_end(self) -> None:
        self.request.on_gone(lambda: self.calls.append("a"))
        finished = self.request.notifyFinish()
        self.request.reply(200)
        self.made.reset()
        self.assertEqual(self.calls, [])
        self.assertIsNone(self.successResultOf(finished))

    def test_a_second_reply_is_nothing(self) -> None:
        self.request.reply(200)
        self.request.reply(500)
        self.assertEqual(self.made.statuses(), [200])


class Failing(SynchronousTestCase):
    def check(self, leaf: Leaf) -> Connection:
        made = Connection({"x": leaf})
        made.get("/x")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        return made

    def test_an_error_ends_one_request(self) -> None:
        for leaf in (Leaf(lambda request: 1 / 0), HeadLeaf(lambda request: 1 / 0)):
            made = self.check(leaf)
            [(head, body)] = made.answers()
            self.assertEqual(head.status, 500)
            self.assertIn("internal error", orjson.loads(body)["message"])
            self.assertFalse(made.transport.disconnecting)

    def test_an_error_in_mid_answer_cuts_it(self) -> None:
        def answer(request: DockerRequest) -> None:
            request.start(200)
            raise ZeroDivisionError

        self.assertTrue(self.check(Leaf(answer)).transport.aborted)


class Plain(Resource):
    """As any resource of Twisted Web's."""

    def render_GET(self, request: DockerRequest) -> bytes:
        request.setHeader(b"X-Plain", b"1")
        return b"plain"

    def render_POST(self, request: DockerRequest) -> int:
        request.setResponseCode(201, b"Made")
        request.write(b"some ")
        request.write(request.content.read())
        request.finish()
        return NOT_DONE_YET


class Ordinary(SynchronousTestCase):
    def setUp(self) -> None:
        self.made = Connection({"x": Plain()})

    def test_get(self) -> None:
        self.made.get("/x")
        [(head, body)] = self.made.answers()
        self.assertEqual((head.status, body), (200, b"plain"))
        self.assertEqual(head.get(b"x-plain"), b"1")
        self.assertEqual(head.get(b"server"), b"swarmd/1 (linux)")

    def test_head(self) -> None:
        self.made.send(asked("/x", method="HEAD") * 2)
        for head, body in self.made.answers(b"HEAD"):
            self.assertEqual((head.length, body), (5, b""))

    def test_chunks(self) -> None:
        self.made.send(asked("/x", "Content-Length: 4", method="POST") + b"body")
        [(head, body)] = self.made.answers()
        self.assertEqual((head.status, head.reason, head.chunked), (201, b"Made", True))
        self.assertEqual(body, b"some body")

    def test_http_1_0_ends_with_the_connection(self) -> None:
        head = asked("/x", "Content-Length: 1", "Connection: keep-alive", method="POST")
        self.made.send(head.replace(b"HTTP/1.1", b"HTTP/1.0") + b"x")
        [(answer, body)] = self.made.answers()
        self.assertEqual((answer.keep_alive, body), (False, b"some x"))
        self.assertTrue(self.made.transport.disconnecting)

    def test_wrong_methods_are_unknown_pages(self) -> None:
        self.made.send(asked("/x", method="PATCH"))
        [(head, body)] = self.made.answers()
        self.assertEqual(head.status, 404)
        self.assertEqual(orjson.loads(body), {"message": "page not found"})


def test_a_resource_chooses_by_the_request_whether_it_takes_the_head() -> None:
    leaf = HeadLeaf(lambda request: request.reply(200, request.body))
    leaf.takes_head = lambda request: request.flag("raw")  # type: ignore[assignment]
    made = Connection({"x": leaf})
    made.send(asked("/x", "Content-Length: 2", method="POST") + b"ab")
    made.send(asked("/x?raw=1", "Content-Length: 2", method="POST") + b"ab")
    assert [body for _, body in made.answers()] == [b"ab", b""]


def test_an_answer_may_be_relayed_as_it_is() -> None:
    """What a forwarder does: bytes straight to the transport, then finish."""

    def answer(request: DockerRequest) -> None:
        request.startedWriting = 1
        request.channel.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        request.finish()

    made = served(answer, asked("/x") + asked("/x", "Connection: close"))
    assert made.statuses() == [204, 204]
    assert made.transport.disconnecting


def test_a_producer_of_an_answer_replaces_the_channel_and_gives_way_again() -> None:
    leaf = Leaf(lambda request: None)
    made = Connection({"x": leaf})
    made.get("/x")
    [request] = leaf.requests
    producer = object()
    request.registerProducer(producer, True)
    assert made.transport.producer is producer
    request.unregisterProducer()
    assert made.transport.producer is made.channel
    request.reply(200)
    assert made.statuses() == [200]


def test_everything_that_twisteds_constructor_makes_is_there_when_asked_for() -> None:
    leaf = Leaf(lambda request: b"")
    Connection({"x": leaf}).get("/x")
    ours = leaf.requests[0]
    assert ours.finished
    theirs = Request(Connection({}).channel, parsePOSTFormSubmission=False)
    later = {"client", "host", "channel"}  # until the end of the answer
    missing = [name for name in vars(theirs) if name not in later and not hasattr(ours, name)]
    assert missing == []
    with pytest.raises(AttributeError):
        _ = ours.nonsense
