"""What a thread takes from Twisted's transports, and what they get back.

Private names of Twisted: ``dataBuffer``, ``offset``, ``_tempDataBuffer`` and ``_tempDataLen``,
which are what is queued, and ``producerPaused``; ``tests/wire/test_offload.py`` fails loudly if
they change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import tcp

from swarmd.streams.offload.port import LentSocket, LentTls
from swarmd.tls.half_close import HalfCloseTLS


def has_tls(*transports: Any) -> bool:
    """Whether any of them speaks TLS, and all do by sockets of the kernel."""
    sockets = all(isinstance(tcp_of(each), tcp.Connection) for each in transports)
    return sockets and any(isinstance(each, HalfCloseTLS) for each in transports)


def tcp_of(transport: Any) -> Any:
    """The socket's own transport."""
    return transport.transport if isinstance(transport, HalfCloseTLS) else transport


def can_go(transport: Any) -> bool:
    """Whether it is open, and at rest but for what is queued for its socket."""
    socket = tcp_of(transport)
    closing = socket.disconnecting or (socket._writeDisconnecting and not socket._writeDisconnected)
    if not socket.connected or closing or socket._aborting:
        return False
    return not isinstance(transport, HalfCloseTLS) or transport.is_at_rest


def is_reading(transport: Any) -> bool:
    socket = tcp_of(transport)
    return socket in socket.reactor.getReaders()


def has_unsent(transport: Any) -> bool:
    socket = tcp_of(transport)
    return bool(socket.dataBuffer or socket._tempDataLen)


def take(transport: Any, recall: Callable[[], None]) -> LentSocket:
    """From here on it is a thread's; ``recall`` gets it back at once."""
    socket = tcp_of(transport)
    socket.stopReading()
    socket.stopWriting()
    unsent = bytes(socket.dataBuffer[socket.offset :]) + b"".join(socket._tempDataBuffer)
    socket.dataBuffer, socket.offset = b"", 0
    socket._tempDataBuffer, socket._tempDataLen = [], 0
    if not isinstance(transport, HalfCloseTLS):
        return LentSocket(socket.getHandle(), unsent)
    transport.recall = recall
    return LentTls(socket.getHandle(), unsent, transport.getHandle())


def give_back(transport: Any, port: LentSocket) -> None:
    """It is the reactor's again, with what was written to it; it is not read yet."""
    if isinstance(transport, HalfCloseTLS):
        transport.recall = None
    if port.unsent and not isinstance(port.write_error, OSError):
        tcp_of(transport).write(bytes(port.unsent))
    if port.refused:
        transport.write(port.refused)


def go_on(transport: Any, sink: Any) -> None:
    """Reads on, as fast as ``sink`` takes it."""
    writes = tcp_of(sink)
    if writes.producerPaused:
        writes.startWriting()  # what is queued, if anything; then it asks for more by itself
    else:
        transport.resumeProducing()
