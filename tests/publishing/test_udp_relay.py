from __future__ import annotations

import socket

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.cluster.publishing.claims import ClaimKey
from swarmd.cluster.publishing.frontend import Backend, Frontend, Port
from swarmd.publishing import udp_relay
from swarmd.publishing.udp_relay import DatagramSocket, Peer, UdpFrontend, connected
from tests.wire.loopback import PATIENCE, REACTOR, turns

HERE = "127.0.0.1"


def bound() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((HERE, 0))
    return opened


class End:
    """A client or a server."""

    def __init__(self, *, echo: bool = False) -> None:
        self.got: list[tuple[bytes, Peer]] = []
        self._echo = echo
        self._waiting: Deferred[None] | None = None
        self.wire = DatagramSocket(REACTOR, bound(), self._received)
        self.port = self.wire.socket.getsockname()[1]

    def _received(self, datagram: bytes, peer: Peer) -> None:
        self.got.append((datagram, peer))
        if self._echo:
            self.wire.socket.sendto(datagram, peer)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def take(self, count: int) -> list[bytes]:
        while len(self.got) < count:
            self._waiting = Deferred()
            await self._waiting.addTimeout(PATIENCE, REACTOR)
        return [datagram for datagram, _ in self.got]


class UdpRelayTests(TestCase):
    timeout = 120

    def setUp(self) -> None:
        self.server = End(echo=True)
        key = ClaimKey("a", 53, "udp", 53, 53, 0)
        self.backend = Backend(key, HERE, self.server.port, 53, balanced=False)
        opened = bound()
        self.place = opened.getsockname()
        self.frontend = Frontend(Port(53, "udp"), {key: self.backend})
        self.door = UdpFrontend(REACTOR, self.frontend, opened)
        self.clients: list[End] = []

    def tearDown(self) -> None:
        self.door.close()
        for end in (self.server, *self.clients):
            end.wire.close()
        self.assertEqual(self.backend.connections, 0)

    def client(self) -> End:
        self.clients.append(End())
        return self.clients[-1]

    async def test_each_client_gets_its_own_answers(self) -> None:
        one, two = self.client(), self.client()
        for number in range(20):
            one.wire.socket.sendto(b"one %d" % number, self.place)
            two.wire.socket.sendto(b"two %d" % number, self.place)
            await one.take(number + 1)
            await two.take(number + 1)
        self.assertEqual(await one.take(20), [b"one %d" % n for n in range(20)])
        self.assertEqual(await two.take(20), [b"two %d" % n for n in range(20)])
        self.assertEqual({peer for _, peer in one.got}, {self.place})
        self.assertEqual(self.backend.connections, 2)
        self.assertEqual(self.frontend.counts["received"], self.frontend.counts["sent"])

    async def test_the_largest_datagram_is_not_cut(self) -> None:
        one, datagram = self.client(), b"x" * 60_000
        one.wire.socket.sendto(datagram, self.place)
        self.assertEqual(await one.take(1), [datagram])

    async def test_the_peer_that_was_idle_longest_gives_way(self) -> None:
        self.patch(udp_relay, "FLOWS_OF_A_PORT", 2)
        for _ in range(4):
            one = self.client()
            one.wire.socket.sendto(b"x", self.place)
            await one.take(1)
        self.assertEqual(self.backend.connections, 2)

    async def test_an_idle_flow_ends(self) -> None:
        self.patch(udp_relay, "IDLE_FLOW", 0.01)
        one = self.client()
        one.wire.socket.sendto(b"x", self.place)
        await one.take(1)
        while self.backend.connections:
            await turns(1)
        one.wire.socket.sendto(b"y", self.place)
        self.assertEqual(await one.take(2), [b"x", b"y"])

    async def test_a_peer_goes_to_the_new_container_when_the_old_one_is_gone(self) -> None:
        one, other = self.client(), End(echo=True)
        self.clients.append(other)
        one.wire.socket.sendto(b"x", self.place)
        await one.take(1)
        self.frontend.backends.clear()
        one.wire.socket.sendto(b"lost", self.place)
        while not self.frontend.counts["refused"]:
            await turns(1)
        key = ClaimKey("b", 53, "udp", 53, 53, 0)
        self.frontend.backends[key] = Backend(key, HERE, other.port, 53, balanced=False)
        one.wire.socket.sendto(b"y", self.place)
        self.assertEqual(await other.take(1), [b"y"])
        self.frontend.backends.clear()

    async def test_a_flow_that_nothing_answers_is_begun_anew_ever_later(self) -> None:
        """Its node may have taken the first datagram for something else."""
        self.patch(udp_relay, "UNANSWERED", 0.0)
        mute = self.server
        mute._echo = False
        one = self.client()
        for number in range(2):
            one.wire.socket.sendto(b"?", self.place)
            await mute.take(number + 1)
        first, second = (peer for _, peer in mute.got)
        self.assertNotEqual(first, second)
        self.assertEqual(self.backend.connections, 1)
        mute._echo = True
        one.wire.socket.sendto(b"?", self.place)
        await one.take(1)
        one.wire.socket.sendto(b"?", self.place)
        await one.take(2)
        self.assertEqual(mute.got[-1][1], mute.got[-2][1])

    async def test_a_container_that_does_not_listen_costs_only_its_datagrams(self) -> None:
        self.server.wire.close()
        one = self.client()
        for _ in range(3):
            one.wire.socket.sendto(b"x", self.place)
            await turns(3)
        self.assertEqual(one.got, [])


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(OSError):
        connected("localhost", 53)
