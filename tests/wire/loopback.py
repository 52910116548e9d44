"""Real sockets on the loopback: a scripted engine, swarmd's front and streams, a raw client."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from swarmd.front.site import DockerSite
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.forward import forward
from swarmd.streams.hijack import hijack
from swarmd.streams.link import Link
from swarmd.streams.tunnel import tunnel
from swarmd.tls.half_close import ClientTLSFactory, ServerTLSFactory
from swarmd.tls.trust import ClientTls, ServerTls, client_options
from tests.lab.certificates import server_options
from tests.wire.certificates import Authority


def _kernel_holds() -> int:
    """Bytes that the sockets of two connections hold at most, as this machine's kernel is set."""
    limits = (Path(f"/proc/sys/net/ipv4/tcp_{kind}mem") for kind in "rw")
    try:
        return 2 * sum(int(limit.read_text().split()[2]) for limit in limits)
    except OSError:  # no Linux
        return 16 << 20


HELD = _kernel_holds() + (16 << 20)  # on the way of a stream that nobody reads
MANY = (HELD >> 20) + 16  # times a mebibyte are more than that
PATIENCE = 100.0  # seconds for anything at all; nothing here waits so long unless it is broken
REACTOR: Any = reactor


@implementer(IHalfCloseableProtocol)
class Peer(Protocol):
    """A raw connection that can be waited on.

    Attributes:
        got: What came and was not taken yet.
        total: How many bytes came in all, and ``digest`` of them.
        ended: The other side sends no more.
        lost: Why the connection is gone; None while it is there.
    """

    factory: Any

    def __init__(self) -> None:
        self.got = bytearray()
        self.total = 0
        self.digest = hashlib.sha256()
        self.keep = True
        self.ended = False
        self.finished = False
        self.lost: Failure | None = None
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []

    @property
    def wire(self) -> Any:
        return self.transport

    def connectionMade(self) -> None:
        if hasattr(self.wire, "setTcpNoDelay"):
            # Or a short write waits for the other side's delayed ACK.
            self.wire.setTcpNoDelay(True)
        self.factory.arrived.put(self)

    def send(self, data: bytes) -> None:
        self.wire.write(data)

    def dataReceived(self, data: bytes) -> None:
        self.total += len(data)
        self.digest.update(data)
        if self.keep:
            self.got += data
        self._look()

    def readConnectionLost(self) -> None:
        self.ended = True
        if self.finished:
            self.wire.loseConnection()
        self._look()

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.lost = reason
        self._look()

    def until(self, true: Callable[[], bool]) -> Deferred[None]:
        waiting: Deferred[None] = Deferred()
        self._waiting.append((true, waiting))
        self._look()
        return waiting.addTimeout(PATIENCE, REACTOR)

    def _look(self) -> None:
        for entry in [entry for entry in self._waiting if entry[0]()]:
            self._waiting.remove(entry)
            entry[1].callback(None)

    async def take(self, mark: bytes) -> bytes:
        """What came up to and with ``mark``."""
        await self.until(lambda: mark in self.got or self.lost is not None)
        end = self.got.index(mark) + len(mark)
        taken = bytes(self.got[:end])
        del self.got[:end]
        return taken

    async def head(self) -> bytes:
        return await self.take(b"\r\n\r\n")

    async def count(self, amount: int) -> None:
        """Until so many bytes have come in all."""
        await self.until(lambda: self.total >= amount or self.lost is not None)
        assert self.total >= amount, f"{self.total} of {amount} bytes, then {self.lost}"

    async def end(self) -> None:
        await self.until(lambda: self.ended or self.lost is not None)

    async def gone(self) -> None:
        await self.until(lambda: self.lost is not None)

    def finish(self) -> None:
        """FIN or close_notify."""
        self.finished = True
        self.wire.loseWriteConnection()
        if self.ended:  # nobody else closes the socket
            self.wire.loseConnection()

    def reset(self) -> None:
        self.wire.abortConnection()


class Pusher:
    """Writes ``chunk`` ``times`` times at the pace of the other side, then ends that direction."""

    def __init__(self, peer: Peer, chunk: bytes, times: int) -> None:
        self.peer = peer
        self.chunk = chunk
        self.left = times
        self.sent = 0
        peer.wire.registerProducer(self, False)

    def resumeProducing(self) -> None:
        if not self.left:
            self.peer.wire.unregisterProducer()
            self.peer.finish()
            return
        self.left -= 1
        self.sent += len(self.chunk)
        self.peer.send(self.chunk)

    def stopProducing(self) -> None:
        self.left = 0

    async def stalled(self) -> None:
        """Until nothing more is taken; fails if more was than may be held on the way."""
        seen = -1
        while seen != self.sent:
            seen = self.sent
            await turns(50)
        assert self.sent < HELD, f"{self.sent} bytes were taken that nobody reads"


class PeerFactory(Factory):
    """Queues the connections that arrive."""

    noisy = False

    def __init__(self) -> None:
        self.arrived: DeferredQueue[Peer] = DeferredQueue()
        self.peers: list[Peer] = []

    def buildProtocol(self, addr: Any) -> Peer:
        peer = Peer()
        peer.factory = self
        self.peers.append(peer)
        return peer


class Paths(Resource):
    """Each data path under a path of its own, for any method."""

    isLeaf = True

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self.done: list[int] = []

    def takes_head(self, request: Any) -> bool:
        return request.path in (b"/hijack", b"/tunnel", b"/marked")

    def render(self, request: Any) -> int:
        target, body = request.uri, request.body
        match request.path:
            case b"/hijack" | b"/exec":
                hijack(request, self._link, target, body)
            case b"/tunnel":
                tunnel(request, self._link, target)
            case b"/marked":
                tunnel(request, self._link, target, done=self.done.append)
            case b"/rewrite":
                forward(request, self._link, target, rewrite=lambda status, old: old + b"!")
            case _:
                forward(request, self._link, target, body=body, done=self.done.append)
        return NOT_DONE_YET

    render_head = render


class WireCase(TestCase):
    """swarmd between a raw client and a scripted engine.

    Attributes:
        client_tls, engine_tls: Whether that leg is encrypted, with certificates on both sides.
    """

    timeout = 120
    client_tls = False
    engine_tls = False

    def setUp(self) -> None:
        self._peers: list[Peer] = []
        if self.client_tls or self.engine_tls:
            self._make_certificates()
        self.engine = PeerFactory()
        self.engine_port = self._listen(self.engine, self.engine_tls)
        dial = dialer(REACTOR, self._engine_address(), self._outgoing(self.engine_tls))
        self.link = Link("node-1", dial, REACTOR)
        self.paths = Paths(self.link)
        self.site = DockerSite(self.paths, REACTOR, lambda: b"Server: swarmd\r\n")
        self.port = self._listen(self.site, self.client_tls)

    def _engine_address(self) -> str:
        return f"127.0.0.1:{self.engine_port.getHost().port}"

    async def tearDown(self) -> None:
        self.link.close()
        await self.port.stopListening()
        await maybeDeferred(self.engine_port.stopListening)
        for peer in [*self._peers, *self.engine.peers]:
            if peer.lost is None:
                peer.reset()
                await peer.gone()
        await self.no_clients()

    async def no_clients(self) -> None:
        """Until swarmd has closed every client's connection."""
        for _ in range(int(PATIENCE * 1000)):
            if not self.site.connections:
                return
            await deferLater(REACTOR, 0.001)
        self.fail(f"{self.site.connections} connections are still open")

    def _make_certificates(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.authority = Authority(Path(folder.name))
        self._server = self.authority.issue("server", "127.0.0.1", "localhost")
        self._own = self.authority.issue("client", client=True)

    def _incoming(self, encrypted: bool) -> ServerTls | None:
        if not encrypted:
            return None
        return server_options(self.authority.path, self._server.cert, self._server.key, True)

    def _outgoing(self, encrypted: bool) -> ClientTls | None:
        if not encrypted:
            return None
        ca = self.authority.path
        return client_options("127.0.0.1", ca, self._own.cert, self._own.key, True)

    def _listen(self, factory: Any, encrypted: bool) -> Any:
        options = self._incoming(encrypted)
        wrapped = ServerTLSFactory(options, factory) if options else factory
        return REACTOR.listenTCP(0, wrapped, interface="127.0.0.1")

    async def client(self) -> Peer:
        """A new connection to swarmd."""
        place = TCP4ClientEndpoint(REACTOR, "127.0.0.1", self.port.getHost().port)
        options = self._outgoing(self.client_tls)
        factory: Any = PeerFactory()
        outer: Any = await place.connect(ClientTLSFactory(options, factory) if options else factory)
        if options:
            await outer.handshaken()
        peer: Peer = factory.peers[0]
        self._peers.append(peer)
        return peer

    async def asked(self, request: bytes) -> tuple[Peer, Peer, bytes]:
        """Client and engine, after ``request`` was sent and its head has arrived there."""
        client = await self.client()
        client.send(request)
        engine = await self.accepted()
        return client, engine, await engine.head()

    async def accepted(self) -> Peer:
        waiting: Deferred[Peer] = self.engine.arrived.get()
        return await waiting.addTimeout(PATIENCE, REACTOR)


async def turns(count: int = 20) -> None:
    """Lets the reactor look at its sockets so many times."""
    for _ in range(count):
        await deferLater(REACTOR, 0.001)
