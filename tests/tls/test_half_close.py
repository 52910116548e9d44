"""TLS between two ends without sockets: what the wire tests cannot provoke."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from swarmd.codec.plain_http import PLAIN_HTTP_REFUSAL
from swarmd.tls.half_close import ClientTLSFactory, HalfCloseTLS, PeerRefusedError, ServerTLSFactory
from swarmd.tls.trust import client_options
from tests.lab.certificates import server_options
from tests.wire.certificates import Authority


@implementer(IHalfCloseableProtocol)
class Half(Protocol):
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def dataReceived(self, data: bytes) -> None:
        self.heard.append(data)

    def readConnectionLost(self) -> None:
        self.heard.append("end")

    def writeConnectionLost(self) -> None:
        self.heard.append("never")

    def connectionLost(self, reason: Any = None) -> None:
        self.heard.append(reason.type)


class Wire(StringTransport):
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


class Pair:
    """A client and a server of which each one's bytes are carried by ``flow``."""

    def __init__(self, client: Any, server: Any) -> None:
        factory = Factory.forProtocol(Half)
        self.client = ClientTLSFactory(client, factory).buildProtocol(None)
        self.server = ServerTLSFactory(server, factory).buildProtocol(None)
        self.halves = self.client.wrappedProtocol, self.server.wrappedProtocol
        self.wires = [Wire(), Wire()]
        self.server.makeConnection(self.wires[1])
        self.client.makeConnection(self.wires[0])

    @property
    def heard(self) -> tuple[list[Any], list[Any]]:
        return self.halves[0].heard, self.halves[1].heard

    def flow(self) -> None:
        moved = True
        while moved:
            moved = False
            for wire, other in zip(self.wires, (self.server, self.client), strict=True):
                data = wire.value()
                wire.clear()
                if data:
                    moved = True
                    other.dataReceived(data)


class TlsCase(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.authority = Authority(Path(folder.name))
        self.node = self.authority.issue("node", "node", "10.0.0.1")
        self.user = self.authority.issue("user", client=True)

    def pair(self, host: str = "node", **given: Any) -> Pair:
        node, user = given.get("node", self.node), given.get("user", self.user)
        ca = given.get("ca", self.authority.path)
        return Pair(
            client_options(host, ca, user.cert, user.key, True),
            server_options(self.authority.path, node.cert, node.key, True),
        )


class HalfCloseTests(TlsCase):
    def setUp(self) -> None:
        super().setUp()
        self.ends = self.pair()
        self.ends.flow()

    def test_one_direction_ends_and_the_other_goes_on(self) -> None:
        self.ends.client.write(b"abc")
        self.ends.client.loseWriteConnection()
        self.ends.client.write(b"too late")
        self.ends.flow()
        self.ends.server.write(b"answer")
        self.ends.flow()
        self.assertEqual(self.ends.heard, ([b"answer"], [b"abc", "end"]))
        self.assertFalse(self.ends.wires[0].disconnecting or self.ends.wires[1].disconnecting)

    def test_both_directions_end_and_the_sockets_close(self) -> None:
        self.ends.client.loseWriteConnection()
        self.ends.flow()
        self.ends.server.loseWriteConnection()
        self.ends.flow()
        self.assertEqual(self.ends.heard, (["end"], ["end"]))
        self.assertTrue(self.ends.wires[0].disconnecting and self.ends.wires[1].disconnecting)

    def test_ending_twice_is_ending_once(self) -> None:
        self.ends.client.loseWriteConnection()
        self.ends.client.loseWriteConnection()
        self.ends.flow()
        self.assertEqual(self.ends.heard[1], ["end"])

    def test_closing_does_not_wait_for_the_other_side(self) -> None:
        self.ends.client.loseConnection()
        self.assertTrue(self.ends.wires[0].disconnecting)
        self.ends.flow()
        self.assertEqual(self.ends.heard[1], ["end"])

    def test_closing_after_our_end(self) -> None:
        self.ends.client.loseWriteConnection()
        self.ends.client.loseConnection()
        self.assertTrue(self.ends.wires[0].disconnecting)

    def test_breaking_off_says_no_goodbye(self) -> None:
        self.ends.client.abortConnection()
        self.assertEqual(self.ends.wires[0].value(), b"")
        self.assertTrue(self.ends.wires[0].aborted)

    def test_after_breaking_off_there_is_nothing_left_to_end(self) -> None:
        self.ends.client.registerProducer(self.ends.client, True)
        self.ends.client.abortConnection()
        self.ends.client.connectionLost(Failure(ConnectionDone()))
        self.ends.client.unregisterProducer()
        self.assertTrue(self.ends.wires[0].aborted)

    def test_a_bare_fin_is_no_clean_end(self) -> None:
        self.ends.server.readConnectionLost()
        self.assertTrue(self.ends.wires[1].disconnecting)
        self.ends.server.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.ends.heard[1], [ConnectionLost])

    def test_nothing_is_kept_of_what_follows_a_close_notify(self) -> None:
        self.ends.client.loseWriteConnection()
        self.ends.flow()
        self.ends.server.dataReceived(b"x" * 100000)
        self.assertEqual(self.ends.heard[1], ["end"])

    def test_garbage_ends_the_connection(self) -> None:
        self.ends.server.dataReceived(b"x" * 100)
        self.assertTrue(self.ends.wires[1].disconnecting)

    def test_late_bytes_after_the_end_are_ignored(self) -> None:
        self.ends.server.connectionLost(Failure(ConnectionDone()))
        self.ends.server.dataReceived(b"x")
        self.ends.server.loseWriteConnection()
        self.ends.server.abortConnection()
        self.assertEqual(self.ends.heard[1], [ConnectionLost])


class HandshakeTests(TlsCase):
    def refused(self, pair: Pair) -> str:
        waiting = pair.client.handshaken()
        pair.flow()
        pair.client.connectionLost(Failure(ConnectionDone()))
        return str(self.failureResultOf(waiting, PeerRefusedError).value)

    def test_it_is_told_once_the_peer_is_trusted(self) -> None:
        pair = self.pair()
        waiting = pair.client.handshaken()
        self.assertNoResult(waiting)
        pair.flow()
        self.assertIsNone(self.successResultOf(waiting))
        self.assertIsNone(self.successResultOf(pair.client.handshaken()))

    def test_cancelling_breaks_off(self) -> None:
        pair = self.pair()
        waiting = pair.client.handshaken()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertTrue(pair.wires[0].aborted)

    def test_an_address_counts_as_a_name(self) -> None:
        pair = self.pair("10.0.0.1")
        pair.flow()
        self.assertTrue(pair.client.handshaken().called)

    def test_a_missing_name(self) -> None:
        said = self.refused(self.pair("other"))
        self.assertEqual(
            said, 'its certificate "CN=node" is not for other: its SAN has node, 10.0.0.1'
        )
        said = self.refused(self.pair("10.0.0.2"))
        self.assertIn("is not for 10.0.0.2", said)

    def test_no_name_at_all(self) -> None:
        bare = self.authority.issue("bare")
        self.assertIn("its SAN has no name at all", self.refused(self.pair("bare", node=bare)))

    def test_an_expired_certificate(self) -> None:
        old = self.authority.issue("old", "node", days=-3)
        self.assertIn('its certificate "CN=old" has expired on ', self.refused(self.pair(node=old)))

    def test_another_ca(self) -> None:
        folder = Path(tempfile.mkdtemp(dir=self.mktemp_parent()))
        other = Authority(folder, "other-ca")
        said = self.refused(self.pair(ca=other.path))
        self.assertRegex(
            said,
            r'its certificate is signed by "CN=ca" \(SHA-256 [0-9A-F:]{23}\), which is not our CA, '
            r'"CN=other-ca" \(SHA-256 [0-9A-F:]{23}\)$',
        )

    def mktemp_parent(self) -> str:
        return str(self.authority.folder)

    def test_a_certificate_for_another_purpose(self) -> None:
        wrong = self.authority.issue("wrong", "node", client=True)
        said = self.refused(self.pair(node=wrong))
        self.assertIn("is not made for this purpose: its extendedKeyUsage lacks serverAuth", said)

    def test_rsa_serves_too(self) -> None:
        pair = self.pair(node=self.authority.issue("rsa", "node", use_rsa=True))
        pair.flow()
        self.assertTrue(pair.client.handshaken().called)

    def test_a_client_of_another_ca_is_refused(self) -> None:
        folder = Path(tempfile.mkdtemp(dir=self.mktemp_parent()))
        stranger = Authority(folder, "stranger").issue("eve", client=True)
        pair = self.pair(user=stranger)
        pair.flow()
        self.assertTrue(pair.wires[1].disconnecting)
        self.assertIn(
            'its certificate "CN=eve" is signed by "CN=stranger", which is not our CA, "CN=ca" (',
            pair.server.refusal,
        )

    def test_closing_before_the_handshake_breaks_off(self) -> None:
        pair = self.pair()
        pair.server.write(b"408")
        pair.server.loseConnection()
        self.assertTrue(pair.wires[1].aborted)
        self.assertEqual(pair.wires[1].value(), b"")

    def test_plain_http_is_answered_readably(self) -> None:
        for first in (b"GET / HTTP/1.1\r\n\r\n", b"P"):
            pair = self.pair()
            pair.server.dataReceived(first)
            pair.server.dataReceived(b"more")
            self.assertEqual(pair.wires[1].value(), PLAIN_HTTP_REFUSAL)
            self.assertTrue(pair.wires[1].disconnecting)
            pair.server.connectionLost(Failure(ConnectionDone()))
            self.assertEqual(pair.heard[1][-1], ConnectionDone)


def test_the_names_that_twisted_keeps_private_are_still_there() -> None:
    for name in (
        "_checkHandshakeStatus",
        "_flushReceiveBIO",
        "_flushSendBIO",
        "_unbufferPendingWrites",
        "_shutdownTLS",
        "_tlsShutdownFinished",
    ):
        assert callable(getattr(HalfCloseTLS.__mro__[1], name)), name
