from __future__ import annotations

from twisted.internet.interfaces import ISSLTransport, ITCPTransport
from zope.interface import alsoProvides, implementer

from swarmd.front.connection import ClientConnection
from tests.front.memory import Connection, Transport


class Made(ClientConnection):
    __slots__ = ()

    def connectionMade(self) -> None:
        self.transport.write(b"made ")


@implementer(ITCPTransport)
class TCP(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.options: list[str] = []

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.options.append(f"no delay {enabled}")

    def setTcpKeepAlive(self, enabled: bool) -> None:
        self.options.append(f"keep alive {enabled}")


def made(transport: Transport) -> Made:
    connection = Made(Connection({}).site)
    connection.makeConnection(transport)
    return connection


def test_sockets_are_told_to_be_prompt_and_to_notice_the_dead() -> None:
    transport = TCP()
    made(transport)
    assert transport.options == ["no delay True", "keep alive True"]


def test_who_and_how() -> None:
    transport = Transport()
    connection = made(transport)
    assert connection.getPeer() == transport.getPeer()
    assert connection.getHost() == transport.getHost()
    assert connection.logPrefix() == "front"
    assert not connection.isSecure()
    alsoProvides(transport, ISSLTransport)
    assert connection.isSecure()


def test_a_handshake_has_as_long_as_a_head() -> None:
    transport = TCP()
    alsoProvides(transport, ISSLTransport)
    connection = made(transport)
    site = connection.site
    assert connection.deadline == site.now() + site.head_limit
    connection.handshakeCompleted()
    assert connection.deadline == site.now() + site.idle_limit
    assert made(Transport()).deadline == site.now() + site.idle_limit


def test_writing() -> None:
    transport = Transport()
    connection = made(transport)
    connection.write(b"a")
    connection.writeSequence([b"b", b"c"])
    assert transport.value() == b"made abc"
    connection.abortConnection()
    assert transport.aborted
