"""A stream takes a client's connection over: HTTP ends there, and nothing is lost."""

from __future__ import annotations

from twisted.python.failure import Failure

from swarmd.front.channel import MAX_AHEAD
from swarmd.front.request import DockerRequest
from tests.front.memory import Connection, HeadLeaf


def later(request: DockerRequest) -> None:
    """The test answers."""


def connection() -> Connection:
    return Connection({"stream": HeadLeaf(later)})


class End:
    def __init__(self) -> None:
        self.events: list[bytes] = []

    def received(self, data: bytes) -> None:
        self.events.append(data)

    def half_closed(self) -> None:
        self.events.append(b"<half>")

    def lost(self, reason: Failure) -> None:
        self.events.append(b"<lost>")


STREAM = (
    b"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Upgrade: tcp\r\nContent-Length: 3\r\n\r\n"
)


def test_take_over() -> None:
    made, end = connection(), End()
    made.send(STREAM + b"abcearly")
    [request] = made.site.resource.children[b"stream"].requests
    made.send(b" bytes")
    assert made.channel.take_over(end) == b"abcearly bytes"
    made.send(b"later")
    made.channel.readConnectionLost()
    made.clock.advance(10_000)
    made.site.sweep()
    assert not made.transport.disconnecting and not request.gone
    made.reset()
    assert end.events == [b"later", b"<half>", b"<lost>"]
    assert made.transport.producer is None
    assert made.site.connections == 0


def test_take_over_resumes_reading() -> None:
    made, end = connection(), End()
    made.send(STREAM + b"x" * (MAX_AHEAD + 1))
    assert made.transport.producerState == "paused"
    assert len(made.channel.take_over(end)) == MAX_AHEAD + 1
    assert made.transport.producerState == "producing"


def test_a_fin_before_the_take_over_is_told_after_it() -> None:
    made, end = connection(), End()
    made.send(STREAM)
    made.site.resource.children[b"stream"].requests[0].survives_half_close = True
    made.channel.readConnectionLost()
    made.channel.take_over(end)
    assert end.events == []
    made.clock.advance(0)
    assert end.events == [b"<half>"]


def test_a_fin_before_the_take_over_and_then_the_end() -> None:
    made, end = connection(), End()
    made.send(STREAM)
    made.site.resource.children[b"stream"].requests[0].survives_half_close = True
    made.channel.readConnectionLost()
    made.channel.take_over(end)
    made.reset()
    made.clock.advance(0)
    assert end.events == [b"<lost>"]
