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

from swarmd.streams.alerts import of_engine
from swarmd.streams.tls import PeerRefusedError

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


def words(error: BaseException | None) -> str:
    """One line without a final stop."""
    if isinstance(error, PeerRefusedError):
        return str(error)
    if isinstance(error, TlsError):
        return of_engine(error)
    for kind, text in _WORDS:
        if isinstance(error, kind):
            return text
    if isinstance(error, ConnectError):
        return (error.args[-1] if error.args else "") or "connection failed"
    if error is None:
        return "connection lost"
    return str(error) or type(error).__name__
