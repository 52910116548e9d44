"""Why an engine could not be reached, in words for an operator."""

from __future__ import annotations

from OpenSSL.SSL import Error as TlsError
from twisted.internet.defer import CancelledError, TimeoutError
from twisted.internet.error import (
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
    UserError,
)
from twisted.internet.error import TimeoutError as ConnectTimeout

from swarmd.streams.tls import PeerRefusedError
from swarmd.streams.trust import openssl_words

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "connection refused"),
    (DNSLookupError, "the host name is not known"),
    (NoRouteError, "no route to host"),
    (ConnectTimeout, "it does not answer (time limit reached)"),
    (TimeoutError, "it does not answer (time limit reached)"),
    (CancelledError, "given up"),
    (UserError, "given up"),
    (ConnectionDone, "connection closed"),
    (ConnectionLost, "connection lost"),
)

_TLS_WORDS = (
    ("wrong version number", "it does not speak TLS; is its port the plain one?"),
    ("packet length too long", "it does not speak TLS; is its port the plain one?"),
    ("http request", "it does not speak TLS; is its port the plain one?"),
    ("certificate required", "it demands a client certificate, and none was given"),
    ("alert unknown ca", "it does not trust the CA of our client certificate"),
    ("alert bad certificate", "it refuses our client certificate"),
    ("alert certificate expired", "our client certificate has expired"),
    ("alert unsupported certificate", "our certificate is not made for a client"),
    ("handshake failure", "no common TLS settings, or a client certificate is missing"),
    ("protocol version", "it speaks no TLS version that we accept (1.2 or newer)"),
)


def words(error: BaseException | None) -> str:
    """One line without a final stop."""
    if isinstance(error, PeerRefusedError):
        return str(error)
    if isinstance(error, TlsError):
        return _tls(error)
    for kind, text in _WORDS:
        if isinstance(error, kind):
            return text
    if isinstance(error, ConnectError):
        return (error.args[-1] if error.args else "") or "connection failed"
    if error is None:
        return "connection lost"
    return str(error) or type(error).__name__


def _tls(error: TlsError) -> str:
    raw = openssl_words(error)
    for sign, text in _TLS_WORDS:
        if sign in raw:
            return text
    return f"TLS: {raw or 'connection lost'}"
