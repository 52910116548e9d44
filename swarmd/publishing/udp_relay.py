"""UDP: each peer of a frontend has a socket of its own towards the container's node, for a while.

Twisted's own datagram ports write a line of log for each socket, and anybody can make many.
"""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from swarmd.cluster.publishing.frontend import Backend, Frontend
from swarmd.publishing.limits import FLOWS_OF_A_PORT, IDLE_FLOW, UNANSWERED

LARGEST = 65_535  # bytes of a datagram
READS_PER_TURN = 64  # so that one socket cannot hold the reactor

Peer = tuple[Any, ...]


@implementer(IReadDescriptor)
class DatagramSocket:
    """A UDP socket that is read by the reactor; what cannot be sent is lost, as datagrams are."""

    def __init__(
        self, reactor: Any, opened: socket.socket, received: Callable[[bytes, Peer], None]
    ) -> None:
        opened.setblocking(False)
        self.socket = opened
        self._reactor = reactor
        self._received = received
        reactor.addReader(self)

    def fileno(self) -> int:
        return self.socket.fileno()

    def logPrefix(self) -> str:
        return "udp"

    def doRead(self) -> None:
        for _ in range(READS_PER_TURN):
            try:
                datagram, peer = self.socket.recvfrom(LARGEST)
            except OSError:  # nothing more; or a container that does not listen (yet)
                return
            self._received(datagram, peer)
            if self.socket.fileno() < 0:
                return

    def connectionLost(self, reason: Failure) -> None:
        self.close()

    def close(self) -> None:
        self._reactor.removeReader(self)
        self.socket.close()


class UdpFrontend:
    """Takes datagrams at one of swarmd's addresses, and sends the answers from there."""

    def __init__(self, reactor: Any, frontend: Frontend, opened: socket.socket) -> None:
        self._reactor = reactor
        self._frontend = frontend
        self._socket = DatagramSocket(reactor, opened, self._received)
        self._flows: OrderedDict[Peer, Flow] = OrderedDict()  # idle longest first
        self._sweep: Any = None

    def _received(self, datagram: bytes, peer: Peer) -> None:
        flow = self._flow(peer)
        if flow is None:
            self._frontend.counts["refused"] += 1
            return
        self._use(flow)
        self._frontend.counts["received"] += len(datagram)
        with suppress(OSError):
            flow.socket.socket.send(datagram)

    def _flow(self, peer: Peer) -> Flow | None:
        """That of ``peer``; a new one where there is none, or its container is gone.

        So it is where nothing was ever answered: what came to a node while a container began may
        be led astray there for as long as that socket sends. Where nothing ever is, as with logs,
        it is tried ever less often.
        """
        flow, patience = self._flows.get(peer), UNANSWERED
        if flow is not None:
            there = self._frontend.backends.get(flow.backend.key) is flow.backend
            if there and (flow.answered or self._reactor.seconds() < flow.begun + flow.patience):
                return flow
            patience = 2 * flow.patience if there else UNANSWERED
            self._end(peer)
        backend = self._frontend.choose()
        return None if backend is None else self._begin(peer, backend, patience)

    def _begin(self, peer: Peer, backend: Backend, patience: float) -> Flow | None:
        if len(self._flows) >= FLOWS_OF_A_PORT:
            self._end(next(iter(self._flows)))
        try:
            opened = connected(backend.host, backend.port)
        except OSError:
            return None
        flow = self._flows[peer] = Flow(peer, backend, self._reactor.seconds(), patience)
        flow.socket = DatagramSocket(
            self._reactor, opened, lambda datagram, _: self._answer(flow, datagram)
        )
        self._frontend.take(backend)
        self._frontend.counts["connections"] += 1
        if self._sweep is None:
            self._sweep = self._reactor.callLater(IDLE_FLOW, self._end_idle)
        return flow

    def _answer(self, flow: Flow, datagram: bytes) -> None:
        flow.answered = True
        self._use(flow)
        self._frontend.counts["sent"] += len(datagram)
        with suppress(OSError):
            self._socket.socket.sendto(datagram, flow.peer)

    def _use(self, flow: Flow) -> None:
        flow.used = self._reactor.seconds()
        self._flows.move_to_end(flow.peer)

    def _end_idle(self) -> None:
        self._sweep = None
        until = self._reactor.seconds() - IDLE_FLOW
        for peer, flow in list(self._flows.items()):
            if flow.used > until:
                break
            self._end(peer)
        if self._flows:
            wait = next(iter(self._flows.values())).used - until
            self._sweep = self._reactor.callLater(wait, self._end_idle)

    def _end(self, peer: Peer) -> None:
        flow = self._flows.pop(peer)
        flow.backend.connections -= 1
        flow.socket.close()

    def close(self) -> None:
        """Nobody listens any more."""
        self._socket.close()
        for peer in list(self._flows):
            self._end(peer)
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None


class Flow:
    """What one peer sends to a container, and what comes back.

    Attributes:
        begun, used: On the reactor's clock: its beginning, and when something went either way.
        patience: Seconds after which it is begun anew if nothing came back.
    """

    __slots__ = ("answered", "backend", "begun", "patience", "peer", "socket", "used")

    socket: DatagramSocket

    def __init__(self, peer: Peer, backend: Backend, begun: float, patience: float) -> None:
        self.peer = peer
        self.backend = backend
        self.begun = begun
        self.patience = patience
        self.used = 0.0
        self.answered = False


def connected(host: str, port: int) -> socket.socket:
    """A UDP socket that hears of nobody else; a name must not be looked up here.

    Raises:
        OSError: It cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        socket.inet_pton(family, host)
        opened.connect((host, port))
    except OSError:
        opened.close()
        raise
    return opened
