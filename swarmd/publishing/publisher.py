"""The publisher: listens at swarmd's own addresses for what containers publish, and relays it.

It listens for exactly as long as the port table has a frontend. Where a process takes the place of
another, that one goes on until it gives up; then this one listens, a moment later.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from swarmd.cluster.publishing.frontend import Frontend, Port
from swarmd.publishing.limits import BACKLOG, OF_ALL, RETRY, TRIES
from swarmd.publishing.tcp_relay import ConnectionCount, TcpFrontend
from swarmd.publishing.udp_relay import UdpFrontend

IN_USE = "a program of swarmd's machine has it"

Close = Callable[[], None]


class Publisher(Service):
    """The listeners of all frontends.

    Attributes:
        addresses: Those that are listened on; of no use to who hands over sockets, by ``given``.
        held: Another process listens, or nobody is to: frontends wait.

    Args:
        most: Connections at one time.
    """

    _log = Logger()

    def __init__(self, reactor: Any, addresses: Sequence[str], most: int = OF_ALL) -> None:
        self.own_addresses = tuple(addresses)
        self.addresses: Sequence[str] = ()
        self.given: Mapping[str, Sequence[int]] = {}
        self.held = False
        self._reactor = reactor
        self._load = ConnectionCount(most)
        self._open: dict[Port, list[Close]] = {}
        self._waiting: dict[Port, Frontend] = {}

    @property
    def connections(self) -> int:
        """Of clients, over all frontends."""
        return self._load.connections

    # For the port table

    def open(self, frontend: Frontend) -> str:
        if self.held:
            self._waiting[frontend.port] = frontend
            return ""
        listening: list[Close] = []
        try:
            for address in self.own_addresses:
                listening.append(self._listen(address, frontend))
        except (OSError, CannotListenError) as error:
            _close(listening)
            return _reason(error)
        self._open[frontend.port] = listening
        return ""

    def close(self, frontend: Frontend) -> None:
        self._waiting.pop(frontend.port, None)
        _close(self._open.pop(frontend.port, []))

    def _listen(self, address: str, frontend: Frontend) -> Close:
        number, proto = frontend.port
        if proto == "tcp":
            factory = TcpFrontend(self._reactor, frontend, self._load)
            return _closer(self._reactor.listenTCP(number, factory, BACKLOG, address))
        if proto == "udp":
            return UdpFrontend(self._reactor, frontend, _bound(address, number)).close
        raise OSError(f"{proto} is not relayed")

    def stopService(self) -> None:
        super().stopService()
        self.give_up(())

    # For the hand-over

    def hold(self) -> None:
        """Who connects is served to the last moment."""

    def let_in(self) -> None:
        """This process listens from now on."""
        if self.held:
            self.held = False
            self._try_again(TRIES)

    def _try_again(self, times: int) -> None:
        waiting, self._waiting = list(self._waiting.values()), {}
        for frontend in waiting:
            if reason := self.open(frontend):
                self._waiting[frontend.port] = frontend
                if times <= 1:
                    text = "port {port} is not published: {reason}"
                    self._log.error(text, port=str(frontend.port), reason=reason)
        if self._waiting and times > 1:
            self._reactor.callLater(RETRY, self._try_again, times - 1)

    def descriptors(self) -> dict[str, list[int]]:
        """None is handed on."""
        return {}

    def give_up(self, kept: Sequence[str]) -> None:
        """Connections go on to their end."""
        self.held = True
        for listening in self._open.values():
            _close(listening)
        self._open = {}


def _close(listening: Sequence[Close]) -> None:
    for close in listening:
        close()


def _closer(port: Any) -> Close:
    """Closes a listening port at once; Twisted would leave it open until its next turn."""

    def close() -> None:
        port.stopReading()
        port.socket.close()

    return close


def _bound(address: str, number: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, number))
    except OSError:
        opened.close()
        raise
    return opened


def _reason(error: OSError | CannotListenError) -> str:
    cause = error.socketError if isinstance(error, CannotListenError) else error
    number = getattr(cause, "errno", None)
    if number == errno.EADDRINUSE:
        return IN_USE
    return os.strerror(number) if number else str(cause)
