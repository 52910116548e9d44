"""Why an engine could not be reached, in words for an operator."""

from __future__ import annotations

import errno

from OpenSSL.SSL import Error as TlsError
from twisted.internet.defer import CancelledError, TimeoutError
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
    UserError,
)
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.python.failure import Failure

from swarmd.tls.half_close import PeerRefusedError
from swarmd.tls.tls_errors import of_engine, openssl_words

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


class SilentError(Exception):
    """The silence of the other side: nothing came."""


_SILENT = (
    SilentError,
    TimeoutError,
    CancelledError,  # of whoever had waited long enough
    ConnectionDone,
    ConnectionLost,
    DNSLookupError,
)
# What our own side lacks: nobody was asked.
_OURS = frozenset((errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL))


def silent(error: BaseException | None) -> bool:
    """Whether the other side was asked and said nothing; a refused connection is nobody's word."""
    if isinstance(error, TlsError):
        return openssl_words(error) in ("", "unexpected eof while reading")
    if isinstance(error, ConnectError):
        return not isinstance(error, ConnectBindError) and error.osError not in _OURS
    return error is None or isinstance(error, _SILENT)


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
        last = error.args[-1] if error.args else ""
        # Twisted puts the failure itself there if the socket is gone before it was connected.
        return words(last.value) if isinstance(last, Failure) else str(last) or "connection failed"
    if error is None:
        return "connection lost"
    return str(error) or type(error).__name__
