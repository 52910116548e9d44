"""TLS with half-close: each direction ends by itself, for both sides.

Docker clients end a container's stdin by a close_notify alert and go on reading; engines end its
output the same way. Twisted's own protocol closes both directions at that moment: ``printf abc |
docker --tlsverify run -i busybox cat`` printed nothing and exited with 0. The names with a leading
underscore that are not documented here are Twisted's; ``tests/wire/test_half_close.py`` fails
loudly if they change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from OpenSSL.SSL import Error, WantReadError, ZeroReturnError
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from swarmd.codec.plain_http import PLAIN_HTTP_REFUSAL, looks_like_plain_http
from swarmd.tls.tls_errors import of_client

_RECORD = 16384  # no TLS record holds more
_OVERHEAD = 256  # bytes around it in the worst case, RFC 8446 §5.2 and RFC 5246 §6.2.3
# Records that are deciphered or enciphered before they are handed on together: one by one, a
# gigabyte took half as much CPU again.
_BATCH = 4
_REVOKED_MEANWHILE = "its certificate was revoked meanwhile"


class PeerRefusedError(Exception):
    """A certificate of the other side that is not good enough; the text says why."""


@implementer(IHalfCloseableProtocol)
class HalfCloseTLS(TLSMemoryBIOProtocol):
    """The TLS protocol with half-close.

    One TLS connection; the wrapped protocol is told of a close_notify if it can half-close.

    Writes go out as they come, not gathered for a turn of the reactor: our writers gather
    themselves, and an attached terminal echoes sooner.

    Attributes:
        refusal: Why the peer's certificate was refused, once it was.
        creator: Whose rules the peer is judged by, ``judged_by`` what they were, and ``path`` how
            far that has come.
        peer_name: The name or address that the peer's certificate must hold; "" for any.
        recall: Gets it back from the thread that has it; None while it is the reactor's.
    """

    refusal = ""
    creator: Any = None
    judged_by: Any = None
    path: Any = None
    peer_name = ""
    recall: Callable[[], None] | None = None
    _peer_ended = False  # its close_notify is here
    _ending = False  # ours was asked for
    _ended = False  # ours is on its way
    _waiter: Deferred[Failure | None] | None = None

    @property
    def _tcp(self) -> Any:
        return self.transport

    def handshaken(self) -> Deferred[Failure | None]:
        """Fires with None once the peer is trusted; fails with the reason if it is not."""
        waiter: Deferred[Failure | None] = Deferred(self._give_up)
        self._waiter = waiter
        if self._handshakeDone:
            self._fire_waiter(None)
        elif not self.connected:
            self._fire_waiter(Failure(PeerRefusedError(self.refusal or "connection lost")))
        return waiter

    def _give_up(self, waiter: Deferred[Failure | None]) -> None:
        self._waiter = None
        self.abortConnection()

    def _fire_waiter(self, outcome: Failure | None) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(outcome)

    def _checkHandshakeStatus(self) -> None:
        super()._checkHandshakeStatus()
        # It may have begun before a certificate was revoked that is shown only now.
        if self.creator and self.creator.trust.loaded is not self.judged_by:
            self.drop_if_revoked()
        if self._handshakeDone and not self.refusal:
            self._fire_waiter(None)

    def drop_if_revoked(self) -> None:
        if self.recall is not None:
            self.recall()
        if not self.refusal and self._is_revoked():
            self.refusal = _REVOKED_MEANWHILE
            self.abortConnection()

    def _is_revoked(self) -> bool:
        """Whether the certificate that let it in would do so no more."""
        if self._tlsConnection is None or not self._handshakeDone:
            return False
        connection: Any = self._tlsConnection
        try:
            chain = connection.get_verified_chain(as_cryptography=True)
        except ValueError:  # OpenSSL understands more than we do; in doubt it goes
            return True
        return bool(chain) and self.creator.trust.current.authorities.revokes(chain)

    # Bulk beside the reactor: swarmd/streams/offload.

    @property
    def is_at_rest(self) -> bool:
        """Nothing is to be done for it, so that a thread may have it."""
        busy = not self._handshakeDone or self._appSendBuffer or self.recall is not None
        over = self._lostTLSConnection or self._aborted or self.disconnecting
        return bool(self.connected and self._tlsConnection and not busy and not over)

    def fail(self, error: Error) -> None:
        """What a thread has met."""
        if not self._lostTLSConnection:
            self._tlsShutdownFinished(Failure(error))

    def go_on(self) -> None:
        """Reads what a thread has left, and writes what it had to say."""
        if self.connected and self._tlsConnection is not None:
            self._flushReceiveBIO()

    # From here on what Twisted calls.

    def dataReceived(self, data: bytes) -> None:
        # After its close_notify a peer has nothing to say that we would want to keep.
        if not self._peer_ended and self._tlsConnection is not None:
            super().dataReceived(data)

    def _flushReceiveBIO(self) -> None:
        more = True
        while more and not (self._lostTLSConnection or self._peer_ended) and self._tlsConnection:
            clear, more, end = self._decipher()
            if clear and not self._aborted:
                ProtocolWrapper.dataReceived(self, clear)
            if end is not None and not self._lostTLSConnection:
                end()
        self._flushSendBIO()

    def _decipher(self) -> tuple[bytes, bool, Callable[[], None] | None]:
        """Clear text, whether there may be more of it, and what follows it if that is the end."""
        parts: list[bytes] = []
        more, end = True, None
        while more and len(parts) < _BATCH:
            try:
                parts.append(self._tlsConnection.recv(_RECORD))
            except WantReadError:
                more = False
            except ZeroReturnError:
                more, end = False, self._peer_ends
            except Error:
                more, end = False, partial(self._tlsShutdownFinished, Failure())
        return b"".join(parts), more, end

    def _peer_ends(self) -> None:
        self._peer_ended = True
        self._receive_end()

    def _receive_end(self) -> None:
        half = IHalfCloseableProtocol(self.wrappedProtocol, None)
        if half is not None and not self.disconnecting:
            half.readConnectionLost()
        if half is None or self._ended or self.disconnecting:
            self._shutdownTLS()
            self._tlsShutdownFinished(None)

    def _flushSendBIO(self) -> None:
        if self._tlsConnection is not None:  # the connection may die while it hands on data
            try:
                data = self._tlsConnection.bio_read(_BATCH * (_RECORD + _OVERHEAD))
            except WantReadError:
                return
            self._tcp.write(data)

    def write(self, data: bytes) -> None:
        if not self._ending:
            super().write(data)

    def _write(self, data: bytes) -> None:
        if len(data) <= _RECORD:
            super()._write(data)
            return
        view = memoryview(data)
        for start in range(0, len(data), _BATCH * _RECORD):
            self._write_records(view[start : start + _BATCH * _RECORD])

    def _write_records(self, data: memoryview) -> None:
        """Several records, and one write to the socket for all of them."""
        sent = 0
        try:
            while sent < len(data) and not self._lostTLSConnection:
                sent += self._tlsConnection.send(data[sent:])
        except WantReadError:
            self._bufferedWrite(bytes(data[sent:]))
        except Error:
            self._tlsShutdownFinished(Failure())
        self._flushSendBIO()

    def loseWriteConnection(self) -> None:
        """Ends our direction by close_notify; what was written before still goes out."""
        if self._ending or self.disconnecting or not self.connected:
            return
        self._ending = True
        if not self._appSendBuffer:
            self._send_end()

    def _send_end(self) -> None:
        self._ended = True
        if self._peer_ended:
            self.disconnecting = True
            self._shutdownTLS()
            return
        try:
            self._tlsConnection.shutdown()
        except Error:
            self._tlsShutdownFinished(Failure())
        self._flushSendBIO()

    def _unbufferPendingWrites(self) -> None:
        super()._unbufferPendingWrites()
        if self._ending and not self._ended and not self._appSendBuffer:
            self._send_end()

    def _shutdownTLS(self) -> None:
        if self._tlsConnection is not None:  # else both ends of a relay are broken off at once
            super()._shutdownTLS()
        # As Go does. Who waits for the peer's answer waits for ever for some peers.
        self._tcp.loseConnection()

    def loseConnection(self) -> None:
        if not self._handshakeDone:
            self.abortConnection()  # what was written meanwhile has no way out yet
        elif self._ended and self.connected and not self.disconnecting:
            self.disconnecting = True
            self._tcp.loseConnection()
        else:
            super().loseConnection()

    def abortConnection(self) -> None:
        """At once, and without a close_notify: what breaks off must not look complete."""
        if self.connected:
            self._aborted = self.disconnecting = True
            self._tcp.abortConnection()

    def readConnectionLost(self) -> None:
        """A bare FIN is the end of everything: without a close_notify it may be a truncation."""
        if not self._peer_ended or self._ended:
            self._tcp.loseConnection()

    def writeConnectionLost(self) -> None:
        """Never: under TLS the socket itself is not half-closed."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.refusal:
            self._reason = Failure(PeerRefusedError(self.refusal))
        why = self._reason or reason
        super().connectionLost(reason)
        self._fire_waiter(why)


class ServerTLS(HalfCloseTLS):
    """The server's TLS protocol.

    Tells a client that speaks plain HTTP so, readably; and the log, who was not let in, and why.

    A client of which nothing came (a port scan, a check whether the port is open) is no news.
    """

    factory: ServerTLSFactory
    _sniffed = False
    _reported = False

    def dataReceived(self, data: bytes) -> None:
        if not self._sniffed:
            self._sniffed = True
            if looks_like_plain_http(data):
                self._refuse_plain()
                return
        super().dataReceived(data)

    def _refuse_plain(self) -> None:
        self._reported = True
        self.factory.refused(self._tcp.getPeer(), "it speaks plain HTTP to a port with TLS")
        self._peer_ended = self._aborted = self.disconnecting = True
        self._tcp.write(PLAIN_HTTP_REFUSAL)
        self._tcp.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._sniffed and not self._handshakeDone and not self._reported:
            self._reported = True
            self._report_refusal(self._reason or reason)
        super().connectionLost(reason)

    def _report_refusal(self, reason: Failure) -> None:
        chain = self.creator.trust.current.chain if self.creator else ()
        late = "it did not end the TLS handshake in time" if self._aborted else ""
        why = self.refusal or late or of_client(reason.value, chain)
        self.factory.refused(self._tcp.getPeer(), why)

    def drop_if_revoked(self) -> None:
        super().drop_if_revoked()
        if self.refusal and not self._reported:
            self._reported = True
            self.factory.refused(self._tcp.getPeer(), self.refusal)


class ClientTLSFactory(TLSMemoryBIOFactory):
    """The factory of TLS around connections to an engine."""

    protocol = HalfCloseTLS

    def __init__(self, creator: Any, wrapped: Any, clock: Any = None) -> None:
        super().__init__(creator, True, wrapped, clock)


class ServerTLSFactory(TLSMemoryBIOFactory):
    """The factory of TLS around clients' connections.

    Attributes:
        refused: Gets the address of whoever was not let in, and why.
    """

    protocol = ServerTLS

    def __init__(
        self,
        creator: Any,
        wrapped: Any,
        clock: Any = None,
        refused: Callable[[Any, str], None] = lambda client, why: None,
    ) -> None:
        super().__init__(creator, False, wrapped, clock)
        self._creator = creator
        self.refused = refused

    def drop_revoked(self) -> None:
        """Ends the connections of those who were revoked meanwhile; all others go on."""
        if not self._creator.trust.current.authorities.crls:
            return
        for protocol in list(self.protocols):
            protocol.drop_if_revoked()


def wrapped_by(protocol: Any) -> Any:
    """The protocol that reads the clear text."""
    return protocol.wrappedProtocol if isinstance(protocol, ProtocolWrapper) else protocol
