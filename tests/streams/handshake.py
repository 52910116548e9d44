"""A handshake between two real TLS ends, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from swarmd.tls.half_close import ClientTLSFactory, HalfCloseTLS, ServerTLSFactory
from swarmd.tls.trust import ClientTls, ServerTls, TlsFiles, Trust, client_trust, server_trust
from tests.lab.certificates import Certificate


def files(of: Certificate, **other: Any) -> TlsFiles:
    paths = {"ca": str(of.ca), "cert": str(of.cert), "key": str(of.key)}
    return TlsFiles(**{**paths, "verify": True, **other})


class Handshake:
    """``server`` and ``client`` are files; each end's view of how it went.

    Attributes:
        refused: Of whom the listener told, and why.
    """

    def __init__(
        self,
        server: TlsFiles,
        client: TlsFiles,
        host: str = "node",
        meanwhile: Callable[[Trust], object] = bool,
        client_meanwhile: Callable[[Trust], object] = bool,
    ) -> None:
        """Both are called, with that end's trust, when the connection has begun."""
        self.refused: list[str] = []
        trusts = server_trust(server), client_trust(client)
        for trust in trusts:
            trust.read()
        factory = Factory.forProtocol(Protocol)
        self.factory = ServerTLSFactory(
            ServerTls(trusts[0]), factory, refused=lambda peer, why: self.refused.append(why)
        )
        self.server: Any = self.factory.buildProtocol(None)
        self.client: Any = ClientTLSFactory(ClientTls(trusts[1], host), factory).buildProtocol(None)
        wires = StringTransport(), StringTransport()
        self.server.makeConnection(wires[0])
        self.client.makeConnection(wires[1])
        meanwhile(trusts[0])
        client_meanwhile(trusts[1])
        while any(wire.value() for wire in wires):
            for wire, other in zip(wires, (self.client, self.server), strict=True):
                data = wire.value()
                wire.clear()
                if data:
                    other.dataReceived(data)
        for end in (self.server, self.client):
            if end.refusal or not _done(end):
                end.connectionLost(Failure(ConnectionDone()))

    @property
    def good(self) -> bool:
        return _done(self.server) and _done(self.client)


def _done(end: HalfCloseTLS) -> bool:
    return end._handshakeDone and not end.refusal
