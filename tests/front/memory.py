"""A channel on an in-memory transport, and resources to put behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from swarmd.codec.framing import response_framing
from swarmd.codec.head import ResponseHead, scan_response
from swarmd.front.channel import Channel
from swarmd.front.request import DockerRequest
from swarmd.front.site import DockerSite

COMMON = b"Server: swarmd/1 (linux)\r\n"


class Transport(StringTransport):
    half_closed = False
    aborted = False

    def loseWriteConnection(self) -> None:
        self.half_closed = True

    def abortConnection(self) -> None:
        self.aborted = True


class Leaf(Resource):
    """Calls a function with each request; keeps the requests."""

    isLeaf = True

    def __init__(self, answer: Callable[[DockerRequest], Any]) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[DockerRequest] = []

    def render(self, request: DockerRequest) -> Any:
        self.requests.append(request)
        result = self.answer(request)
        return NOT_DONE_YET if result is None else result


class HeadLeaf(Leaf):
    takes_head = True

    def render_head(self, request: DockerRequest) -> Any:
        return self.render(request)


class Connection:
    """A client's view: ``send`` bytes, look at ``sent`` bytes."""

    def __init__(self, tree: dict[str, Resource], **knobs: Any) -> None:
        self.clock = Clock()
        root = Resource()
        for path, leaf in tree.items():
            root.putChild(path.encode(), leaf)
        self.site = DockerSite(root, self.clock, lambda: COMMON)
        for name, value in knobs.items():
            setattr(self.site, name, value)
        self.transport = Transport()
        self.open()

    def open(self) -> Channel:
        channel = self.site.buildProtocol(None)
        assert channel is not None
        self.channel = channel
        self.transport = Transport()
        channel.makeConnection(self.transport)
        return channel

    def send(self, data: bytes) -> None:
        """All that is sent ahead gets its turn."""
        self.channel.dataReceived(data)
        self.clock.advance(0)

    def get(self, path: str, *lines: str) -> None:
        head = "\r\n".join([f"GET {path} HTTP/1.1", "Host: a", *lines])
        self.send(head.encode() + b"\r\n\r\n")

    def leave(self) -> None:
        self.channel.connectionLost(Failure(ConnectionDone()))

    def reset(self) -> None:
        self.channel.connectionLost(Failure(ConnectionLost()))

    @property
    def sent(self) -> bytes:
        return bytes(self.transport.value())

    def answers(self, method: bytes = b"GET") -> list[tuple[ResponseHead, bytes]]:
        """The whole responses so far; fails if there is anything else."""
        rest, found = self.sent, []
        while rest:
            scanned = scan_response(rest)
            assert scanned is not None, rest
            head, used = scanned
            body = bytearray()
            framing = response_framing(method, head)
            used += framing.feed(rest[used:], body)
            assert framing.ends_at_eof(), rest
            found.append((head, bytes(body)))
            rest = rest[used:]
        return found

    def statuses(self) -> list[int]:
        return [head.status for head, _ in self.answers()]
