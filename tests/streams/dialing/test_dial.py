"""Dialling over real sockets, and every reason why it may not work."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from swarmd.streams.connection import ConnectionFactory, EngineConnection
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.dialing.dial_errors import words
from swarmd.tls.half_close import ServerTLSFactory
from swarmd.tls.trust import client_options
from tests.lab.certificates import server_options
from tests.wire.certificates import Authority

REACTOR: Any = reactor


class Greeter(Protocol):
    def connectionMade(self) -> None:
        wire: Any = self.transport
        wire.write(b"HTTP/1.1 200 OK\r\n")

    def dataReceived(self, data: bytes) -> None:
        pass


class Heard:
    """An end that remembers."""

    def __init__(self) -> None:
        self.lost_by: Deferred[Any] = Deferred()

    def received(self, data: bytes) -> None:
        pass

    def half_closed(self) -> None:
        pass

    def lost(self, reason: Any) -> None:
        self.lost_by.callback(reason.value)


class DialCase(TestCase):
    timeout = 120.0

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.factory = Factory.forProtocol(Greeter)
        self.factory.noisy = False

    def listen(self, factory: Any) -> str:
        port = REACTOR.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(lambda: maybeDeferred(port.stopListening))
        return f"127.0.0.1:{port.getHost().port}"

    async def dial(self, address: str, tls: Any = None, limit: float = 5.0) -> EngineConnection:
        connection: EngineConnection = await dialer(REACTOR, address, tls, limit)(
            ConnectionFactory()
        )
        return connection

    async def hang_up(self, connection: EngineConnection) -> None:
        heard = Heard()
        connection.end = heard
        connection.transport.abortConnection()
        await heard.lost_by

    async def reason(self, address: str, tls: Any = None, limit: float = 5.0) -> str:
        try:
            connection = await self.dial(address, tls, limit)
        except Exception as error:  # noqa: BLE001 - any
            return words(error)
        await self.hang_up(connection)
        return "none"


class PlainTests(DialCase):
    async def test_tcp_is_tuned(self) -> None:
        connection = await self.dial(self.listen(self.factory))
        handle = connection.transport.getHandle()
        self.assertTrue(handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        self.assertTrue(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        self.assertEqual(handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), 30)
        self.assertIs(connection.transport.protocol, connection, "nothing in between")
        await self.hang_up(connection)

    async def test_a_host_name(self) -> None:
        address = self.listen(self.factory)
        self.assertEqual(await self.reason(address.replace("127.0.0.1", "localhost")), "none")

    async def test_a_unix_socket(self) -> None:
        path = str(self.folder / "docker.sock")
        port = REACTOR.listenUNIX(path, self.factory)
        self.addCleanup(port.stopListening)
        self.assertEqual(await self.reason(f"unix://{path}"), "none")
        self.assertIn("No such file", await self.reason(f"unix://{path}2"))

    async def test_nobody_listens(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{bound.getsockname()[1]}"
            self.assertEqual(await self.reason(where), "connection refused")

    def test_what_is_no_address(self) -> None:
        for address in ("ssh://host", "http://x", "a b"):
            self.assertRaises(ValueError, dialer, REACTOR, address, None)


class TlsTests(DialCase):
    def setUp(self) -> None:
        super().setUp()
        self.authority = Authority(self.folder)
        self.node = self.authority.issue("node", "127.0.0.1", "localhost")
        self.user = self.authority.issue("user", client=True)

    def server(self, *, verify: bool = True, node: Any = None) -> str:
        node = node or self.node
        options = server_options(self.authority.path, node.cert, node.key, verify)
        return self.listen(ServerTLSFactory(options, self.factory))

    def client(self, host: str = "127.0.0.1", *, user: Any = None, verify: bool = True) -> Any:
        cert, key = (user.cert, user.key) if user else ("", "")
        return client_options(host, self.authority.path, cert, key, verify)

    async def test_trusted_both_ways(self) -> None:
        address = self.server()
        self.assertEqual(await self.reason(address, self.client(user=self.user)), "none")
        by_name = address.replace("127.0.0.1", "localhost")
        client = self.client("localhost", user=self.user)
        self.assertEqual(await self.reason(by_name, client), "none")

    async def test_an_expired_engine(self) -> None:
        old = self.authority.issue("old", "127.0.0.1", days=-2)
        said = await self.reason(self.server(node=old), self.client(user=self.user))
        self.assertIn('its certificate "CN=old" has expired on ', said)

    async def test_an_engine_of_another_name(self) -> None:
        other = self.authority.issue("other", "node-9", "10.9.9.9")
        said = await self.reason(self.server(node=other), self.client(user=self.user))
        self.assertIn("is not for 127.0.0.1: its SAN has node-9, 10.9.9.9", said)

    async def test_without_verification_anything_goes(self) -> None:
        old = self.authority.issue("old", days=-2)
        address = self.server(node=old, verify=False)
        self.assertEqual(await self.reason(address, self.client(verify=False)), "none")

    async def test_a_missing_client_certificate_is_told_afterwards(self) -> None:
        connection = await self.dial(self.server(), self.client())
        heard = Heard()
        connection.end = heard
        error = await heard.lost_by
        self.assertEqual(words(error), "it demands a client certificate, and none was given")

    async def test_an_engine_that_speaks_no_tls(self) -> None:
        said = await self.reason(self.listen(self.factory), self.client(user=self.user))
        self.assertEqual(said, "it does not speak TLS; is its port the plain one?")

    async def test_an_engine_that_says_nothing(self) -> None:
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            where = f"127.0.0.1:{mute.getsockname()[1]}"
            said = await self.reason(where, self.client(user=self.user), 0.05)
        self.assertEqual(said, "it does not answer (time limit reached)")
