"""Listening sockets that somebody else has opened, as systemd does."""

from __future__ import annotations

import os
import socket
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

# How many connections may wait to be accepted.
BACKLOG = 1024


class AdoptedPort(tcp.Port):
    """A socket that others have open, too: it is closed here, and goes on listening there.

    Twisted would shut it down, for all of them.
    """

    def _closeSocket(self, orderly: bool) -> None:
        self.socket.close()


class AdoptedUnixPort(AdoptedPort, unix.Port):
    """A Unix socket of somebody else's: its path and mode are not ours.

    Twisted would make it writable for everybody at the start, and remove its path at the end.
    """

    def startListening(self) -> None:
        self._bindPath = b"\0" + self._bindPath  # it leaves those that are no paths alone
        super().startListening()


def adopt(reactor: Any, descriptor: int, factory: IProtocolFactory) -> IListeningPort:
    """Listens on a copy of ``descriptor``."""
    os.set_blocking(descriptor, False)
    family = family_of(descriptor)
    port: Any
    if family == socket.AF_UNIX:
        port = AdoptedUnixPort._fromListeningDescriptor(reactor, descriptor, factory)
    else:
        port = AdoptedPort._fromListeningDescriptor(reactor, descriptor, family, factory)
    port.backlog = BACKLOG
    port.startListening()
    adopted: IListeningPort = port
    return adopted


def family_of(descriptor: int) -> socket.AddressFamily:
    borrowed = socket.socket(fileno=descriptor)
    try:
        return socket.AddressFamily(borrowed.family)
    finally:
        borrowed.detach()
