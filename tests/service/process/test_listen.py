"""Over real sockets on this machine: bytes, half-close, resets, files."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from swarmd.front.channel import Channel
from swarmd.front.request import DockerRequest
from swarmd.front.site import DockerSite
from swarmd.service.process import listen as listening
from swarmd.service.process.listen import BoundPorts, listen, remove_dead_socket
from tests.front.memory import COMMON, HeadLeaf, Leaf

REQUEST = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


class Echo:
    """A stream end that sends everything back, and closes when the client has."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.ended: Deferred[None] = Deferred()

    def received(self, data: bytes) -> None:
        self.transport.write(data)

    def half_closed(self) -> None:
        self.transport.write(b"bye")
        self.transport.loseConnection()

    def lost(self, reason: Failure) -> None:
        self.ended.callback(None)


def talk(client: socket.socket, data: bytes, *, half_close: bool = True) -> bytes:
    """Sends, half-closes and reads to the end; blocking, so it runs in a thread."""
    with client:
        client.sendall(data)
        if half_close:
            client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


class Site(DockerSite):
    """Tells when its last connection is gone."""

    emptied: Deferred[None] | None = None

    def forget(self, channel: Channel) -> None:
        super().forget(channel)
        if not self.connections and self.emptied is not None:
            self.emptied.callback(None)

    async def empty(self) -> None:
        if self.connections:
            self.emptied = Deferred()
            await self.emptied


class Listening(TestCase):
    timeout = 120.0

    def setUp(self) -> None:
        root = Resource()
        root.putChild(b"x", Leaf(lambda request: request.reply(200, request.body)))
        root.putChild(b"big", Leaf(lambda request: request.reply(200, [b"x" * 1000] * 5000)))
        root.putChild(b"stream", HeadLeaf(self.stream))
        self.site = Site(root, reactor, lambda: COMMON)
        self.ends: list[Echo] = []

    def stream(self, request: DockerRequest) -> None:
        channel = request.channel
        end = Echo(channel.transport)
        self.ends.append(end)
        early = channel.take_over(end)
        channel.transport.write(b"HTTP/1.1 101 UPGRADED\r\n\r\n" + early)

    async def open(self, address: str, **more: Any) -> Any:
        port = await listen(reactor, address, self.site, **more)
        self.addCleanup(port.stopListening)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.site.empty()))
        return port

    async def tcp(self) -> socket.socket:
        port = await self.open("tcp://127.0.0.1:0")
        return socket.create_connection(("127.0.0.1", port.getHost().port), timeout=60)

    async def test_tcp(self) -> None:
        said = await deferToThread(talk, await self.tcp(), REQUEST * 3)
        self.assertEqual(said.count(b"HTTP/1.1 200 OK\r\n"), 3)

    async def test_a_client_that_vanishes_is_looked_for_after_half_a_minute(self) -> None:
        port = await self.open("tcp://127.0.0.1:0")
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        # Connections inherit them.
        found = [port.socket.getsockopt(socket.IPPROTO_TCP, option) for option in options]
        self.assertEqual(found, [30, 10, 5])

    async def test_ipv6(self) -> None:
        port = await self.open("tcp://[::1]:0")
        client = socket.create_connection(("::1", port.getHost().port), timeout=60)
        self.assertIn(b"200 OK", await deferToThread(talk, client, REQUEST))

    async def test_a_large_answer_arrives_whole_after_a_half_close(self) -> None:
        request = REQUEST.replace(b"/x", b"/big")
        said = await deferToThread(talk, await self.tcp(), request)
        self.assertEqual(len(said.partition(b"\r\n\r\n")[2]), 5_000_000)

    async def test_a_stream_with_half_close(self) -> None:
        payload = os.urandom(3_000_000)
        head = (
            b"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Upgrade: tcp\r\n\r\nearly "
        )
        said = await deferToThread(exchange, await self.tcp(), head, payload)
        self.assertEqual(said, b"HTTP/1.1 101 UPGRADED\r\n\r\nearly " + payload + b"bye")
        await self.ends[0].ended
        self.assertEqual(self.site.connections, 0)

    async def test_a_refusal_is_not_lost_by_a_reset(self) -> None:
        data = (
            b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999\r\n\r\n"
        ) + b"x" * 500_000
        said = await deferToThread(talk, await self.tcp(), data)
        self.assertTrue(said.startswith(b"HTTP/1.1 413 "), said[:40])

    async def test_unix(self) -> None:
        path = os.path.join(self.mktemp_short(), "swarmd.sock")
        await self.open(f"unix://{path}", secure=lambda factory: Factory())
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        self.assertIn(b"200 OK", await deferToThread(talk, client, REQUEST))

    async def test_a_second_daemon_on_a_unix_socket(self) -> None:
        path = os.path.join(self.mktemp_short(), "swarmd.sock")
        await self.open(f"unix://{path}")
        error = self.failureResultOf(listen(reactor, f"unix://{path}", self.site)).value
        self.assertIn("another process listens", str(error))

    async def test_the_socket_of_a_killed_daemon(self) -> None:
        path = os.path.join(self.mktemp_short(), "swarmd.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        await self.open(f"unix://{path}")

    async def test_an_endpoint_of_twisted(self) -> None:
        wrapped: list[object] = []

        def secure(factory: Any) -> Any:
            wrapped.append(factory)
            return factory

        port = await self.open("tcp:0:interface=127.0.0.1", secure=secure)
        self.assertEqual(wrapped, [self.site])
        client = socket.create_connection(("127.0.0.1", port.getHost().port), timeout=60)
        self.assertIn(b"200 OK", await deferToThread(talk, client, REQUEST))

    async def test_sockets_of_systemd(self) -> None:
        bound = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        addresses = [each.getsockname() for each in bound]
        inherited = [each.detach() for each in bound]
        self.patch(listening, "inherited_sockets", lambda environ: inherited)
        both = await self.open("fd://")
        self.assertIsInstance(both, BoundPorts)
        self.assertEqual(both.getHost().port, addresses[0][1])
        for address in addresses:
            client = socket.create_connection(address, timeout=60)
            self.assertIn(b"200 OK", await deferToThread(talk, client, REQUEST))

    async def test_one_socket_of_systemd(self) -> None:
        bound = socket.create_server(("127.0.0.1", 0))
        number = bound.detach()
        self.patch(listening, "inherited_sockets", lambda environ: [number])
        port = await self.open(f"fd://{number}")
        client = socket.create_connection(("127.0.0.1", port.getHost().port), timeout=60)
        self.assertIn(b"200 OK", await deferToThread(talk, client, REQUEST))

    def test_what_cannot_be_listened_on(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            addresses = [
                f"tcp://127.0.0.1:{taken.getsockname()[1]}",
                "tcp://127.0.0.1:port",
                "http://127.0.0.1:0",
                "fd://77",
                f"unix://{os.path.abspath(__file__)}",
            ]
            for address in addresses:
                with self.subTest(address):
                    self.assertTrue(self.failureResultOf(listen(reactor, address, self.site)).value)

    def mktemp_short(self) -> str:
        """Paths of Unix sockets are bounded, and trial's own names are long."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name


def exchange(client: socket.socket, head: bytes, payload: bytes) -> bytes:
    """Sends and receives at the same time, as an echo demands, then half-closes."""
    with client:
        client.sendall(head)
        received = b""
        for at in range(0, len(payload), 65536):
            client.sendall(payload[at : at + 65536])
            received += client.recv(65536)
        client.shutdown(socket.SHUT_WR)
        while piece := client.recv(65536):
            received += piece
        return received


def test_nothing_but_a_dead_socket_is_removed(tmp_path: Any) -> None:
    remove_dead_socket(str(tmp_path / "absent"))
    kept = tmp_path / "kept"
    kept.write_text("precious")
    try:
        remove_dead_socket(str(kept))
    except FileExistsError:
        assert kept.read_text() == "precious"
    else:
        raise AssertionError


def test_a_port_is_shared_by_who_says_so() -> None:
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        first.listen()
        address = f"tcp://127.0.0.1:{first.getsockname()[1]}"
        outcomes: list[Any] = []
        for shared in (True, False):
            listen(reactor, address, Factory(), shared=shared).addBoth(outcomes.append)
        port, failure = outcomes
        assert port.getHost().port == first.getsockname()[1]
        assert failure.check(CannotListenError)
        port.stopListening()
    failures: list[Any] = []
    with socket.socket() as alone:
        alone.bind(("127.0.0.1", 0))
        alone.listen()
        address = f"tcp://127.0.0.1:{alone.getsockname()[1]}"
        listen(reactor, address, Factory(), shared=True).addBoth(failures.append)
        assert failures[0].check(CannotListenError)
