"""TCP: each connection of a client is joined to one that is dialled to the container's node.

The client is not read before the node has answered, so that its bytes wait in the kernel. From then
on it is a relay as of any stream: half-close, back-pressure, bulk without a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ClientFactory, ServerFactory
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster.publishing.frontend import Backend, Frontend
from swarmd.publishing.limits import DIAL, OF_A_PORT, OF_ALL
from swarmd.publishing.proxy_header import proxy_header
from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.dial import tune
from swarmd.streams.relay import Relay, throttle
from swarmd.streams.splice import carry

_log = Logger()


class ConnectionCount:
    """How many connections there are, of all frontends together.

    Attributes:
        most: Bound.
    """

    def __init__(self, most: int = OF_ALL) -> None:
        self.most = most
        self.connections = 0


class TcpFrontend(ServerFactory):
    """The factory of clients' connections to one frontend."""

    noisy = False

    def __init__(self, reactor: Any, frontend: Frontend, load: ConnectionCount) -> None:
        self._reactor = reactor
        self._frontend = frontend
        self._load = load

    def buildProtocol(self, addr: IAddress | None) -> EngineConnection | None:
        """None closes the connection at once."""
        frontend, load = self._frontend, self._load
        full = load.connections >= load.most or frontend.connections >= OF_A_PORT
        if full or frontend.choose() is None:
            frontend.counts["refused"] += 1
            return None
        return FrontendConnection(Joint(self._reactor, frontend, load))


class FrontendConnection(EngineConnection):
    """A client's connection, which is not read before there is somebody to read it for."""

    __slots__ = ("_joint",)

    def __init__(self, joint: Joint) -> None:
        super().__init__()
        self._joint: Joint | None = joint

    def makeConnection(self, transport: Any) -> None:
        super().makeConnection(transport)
        transport.pauseProducing()
        tune(transport.getHandle())
        joint, self._joint = self._joint, None
        assert joint is not None
        joint.begin(self)


class Joint:
    """A client's connection and that to a node, from the first dial to the end of both."""

    __slots__ = ("_backend", "_client", "_frontend", "_load", "_reactor", "_tried")

    def __init__(self, reactor: Any, frontend: Frontend, load: ConnectionCount) -> None:
        self._reactor = reactor
        self._frontend = frontend
        self._load = load
        self._tried: tuple[Backend, ...] = ()
        self._backend: Backend | None = None
        self._client: Any = None

    def begin(self, client: FrontendConnection) -> None:
        self._client = client
        self._load.connections += 1
        self._frontend.counts["connections"] += 1
        self._dial()

    def _dial(self) -> None:
        backend = self._frontend.choose(self._tried)
        if backend is None:
            self._refuse()
            return
        self._backend = backend
        self._frontend.take(backend)
        self._reactor.connectTCP(backend.host, backend.port, _Dial(self), timeout=DIAL)

    def undialled(self) -> None:
        """Of several backends, the next one is tried."""
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.connections -= 1
            self._tried = (*self._tried, backend)
            self._dial()

    def _refuse(self) -> None:
        """The client sees a reset, as if nobody listened any more."""
        self._frontend.counts["refused"] += 1
        self._load.connections -= 1
        self._client.transport.abortConnection()

    def dialled(self, node: EngineConnection) -> None:
        client, backend = self._client, self._backend
        assert backend is not None
        tune(node.transport.getHandle())
        relay = Relay(client.transport, node.transport, self._over)
        client.end, node.end = relay.client, relay.engine
        relay.client.meter, relay.engine.meter = self._received, self._sent
        relay.carriers = carry(relay.client, relay.engine)
        throttle(relay.client, relay.engine)
        if backend.proxy:
            node.transport.write(_header(backend.proxy, client.transport))
        client.transport.resumeProducing()

    def _received(self, size: int) -> None:
        self._frontend.counts["received"] += size

    def _sent(self, size: int) -> None:
        self._frontend.counts["sent"] += size

    def _over(self, relay: Relay) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.connections -= 1
        self._load.connections -= 1


class _Dial(ClientFactory):
    """The factory of one connection to a node."""

    noisy = False

    def __init__(self, joint: Joint) -> None:
        self._joint = joint

    def buildProtocol(self, addr: IAddress | None) -> EngineConnection:
        return BackendConnection(self._joint.dialled)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self._joint.undialled()


class BackendConnection(EngineConnection):
    """A connection to a node, on which a container's server may speak first."""

    __slots__ = ("_made",)

    def __init__(self, made: Callable[[EngineConnection], None]) -> None:
        super().__init__()
        self._made: Callable[[EngineConnection], None] | None = made

    def makeConnection(self, transport: Any) -> None:
        super().makeConnection(transport)
        made, self._made = self._made, None
        assert made is not None
        made(self)


def _header(version: str, client: Any) -> bytes:
    peer, own = client.getPeer(), client.getHost()
    return proxy_header(version, (peer.host, peer.port), (own.host, own.port))
