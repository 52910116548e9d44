"""A frontend with real sockets on the loopback: raw clients, and servers in place of containers."""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.trial.unittest import TestCase

from swarmd.cluster.publishing.claims import ClaimKey
from swarmd.cluster.publishing.frontend import Backend, Frontend, Port
from swarmd.publishing.publisher import Publisher
from tests.lab.ports import free_port
from tests.wire.loopback import PATIENCE, REACTOR, Peer, PeerFactory, turns

HERE = "127.0.0.1"


class DoorCase(TestCase):
    """One TCP frontend, as many servers as a test wants."""

    timeout = 120

    def setUp(self) -> None:
        self.frontend = Frontend(Port(free_port(), "tcp"))
        self.publisher = Publisher(REACTOR, [HERE])
        self.assertEqual(self.publisher.open(self.frontend), "")
        self._peers: list[Peer] = []
        self._listening: list[Any] = []

    async def tearDown(self) -> None:
        self.publisher.stopService()
        for port in self._listening:
            await port.stopListening()
        for peer in self._peers:
            if peer.lost is None:
                peer.reset()
                await peer.gone()
        await self.nobody()

    async def nobody(self) -> None:
        """Until no connection is counted any more."""
        for _ in range(int(PATIENCE * 1000)):
            if not self.publisher.connections:
                break
            await turns(1)
        self.assertEqual(self.publisher.connections, 0)
        self.assertEqual(self.frontend.connections, 0)

    def serve(self, **changes: Any) -> PeerFactory:
        """A container that accepts."""
        factory = PeerFactory()
        port = REACTOR.listenTCP(0, factory, interface=HERE)
        self._listening.append(port)
        self.lead(port.getHost().port, **changes)
        return factory

    def lead(self, number: int, **changes: Any) -> Backend:
        key = ClaimKey(f"c{number}", 80, "tcp", 80, 80, 0)
        backend = Backend(key, HERE, number, number, balanced=True, **changes)
        self.frontend.backends[key] = backend
        return backend

    async def client(self) -> Peer:
        place, factory = TCP4ClientEndpoint(REACTOR, HERE, self.frontend.port.number), PeerFactory()
        await place.connect(factory)
        peer = factory.peers[0]
        self._peers.append(peer)
        return peer

    async def accepted(self, server: PeerFactory) -> Peer:
        peer: Peer = await server.arrived.get().addTimeout(PATIENCE, REACTOR)
        self._peers.append(peer)
        return peer

    async def joined(self, server: PeerFactory) -> tuple[Peer, Peer]:
        client = await self.client()
        return client, await self.accepted(server)
