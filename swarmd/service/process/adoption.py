"""Listening sockets that somebody else has opened: systemd, or the process that served before."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.protocols.tls import TLSMemoryBIOFactory

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


class AdoptingReactor:
    """A reactor that adopts sockets in place of opening them: for all kinds of endpoints."""

    def __init__(self, reactor: Any, descriptors: Sequence[int]) -> None:
        self._reactor = reactor
        self._descriptors = list(descriptors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def _next(self, factory: IProtocolFactory) -> IListeningPort:
        return adopt(self._reactor, self._descriptors.pop(0), factory)

    def listenTCP(self, port: int, factory: IProtocolFactory, *args: Any, **more: Any) -> Any:
        return self._next(factory)

    def listenUNIX(self, path: str, factory: IProtocolFactory, *args: Any, **more: Any) -> Any:
        return self._next(factory)

    def listenSSL(
        self, port: int, factory: Any, contextFactory: Any, *args: Any, **more: Any
    ) -> Any:
        return self._next(TLSMemoryBIOFactory(contextFactory, False, factory))
