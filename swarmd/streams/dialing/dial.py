"""Dialling an engine: TCP or a UNIX socket, and TLS on top where it is asked for."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    HostnameEndpoint,
    TCP4ClientEndpoint,
    TCP6ClientEndpoint,
    UNIXClientEndpoint,
)
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint

from swarmd.core.addresses import PLAIN_PORT, TLS_PORT, Address, parse_address
from swarmd.streams.interfaces import Dial
from swarmd.tls.half_close import ClientTLSFactory, wrapped_by
from swarmd.tls.trust import ClientTls

CONNECT_LIMIT = 5.0  # seconds, the TLS handshake included

# A peer that vanished without a FIN is noticed after 30 + 5 * 10 seconds of silence.
_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 5),
)


def dialer(
    reactor: Any, address: str, tls: ClientTls | None, timeout: float = CONNECT_LIMIT
) -> Dial:
    """A function that connects a factory's protocol to the engine at ``address``.

    It gives the protocol that reads the clear text, once it may be used: connected and, with TLS,
    trusted. It fails with an exception for ``swarmd.streams.dialing.dial_errors.words``.

    Args:
        address: As ``swarmd.core.addresses.parse_address`` reads it; tcp or unix.
        timeout: Seconds.

    Raises:
        ValueError: Not such an address.
    """
    place = parse_address(address, TLS_PORT if tls else PLAIN_PORT)
    endpoint = _endpoint(reactor, place, timeout)

    async def connect(factory: IProtocolFactory) -> Any:
        if tls:
            tls.check()
        wrapped = ClientTLSFactory(tls, factory, reactor) if tls else factory
        outer: Any = await endpoint.connect(wrapped)
        # Endpoints leave a wrapper in between, which would cost a call for every segment.
        outer.transport.protocol = outer
        if place.scheme == "tcp":
            tune(outer.transport.getHandle())
        if tls:
            await outer.handshaken()
        return wrapped_by(outer)

    def dial(factory: IProtocolFactory) -> Deferred[Any]:
        return Deferred.fromCoroutine(connect(factory)).addTimeout(timeout, reactor)

    return dial


def tune(connection: socket.socket) -> None:
    """Small requests leave at once, and a dead peer is noticed."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for level, option, value in _KEEP_ALIVE:
        connection.setsockopt(level, option, value)


def _endpoint(reactor: Any, place: Address, timeout: float) -> IStreamClientEndpoint:
    if place.scheme == "unix":
        return UNIXClientEndpoint(reactor, place.path, timeout=timeout)
    if place.scheme != "tcp":
        raise ValueError(f"{place}: engines are reached by tcp or unix here")
    try:
        literal = ipaddress.ip_address(place.host)
    except ValueError:
        return HostnameEndpoint(reactor, place.host, place.port, timeout=timeout)
    kind = TCP4ClientEndpoint if literal.version == 4 else TCP6ClientEndpoint
    return kind(reactor, place.host, place.port, timeout=timeout)
