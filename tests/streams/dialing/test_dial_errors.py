from __future__ import annotations

import pytest
from OpenSSL import SSL
from twisted.internet import error
from twisted.internet.defer import CancelledError, TimeoutError
from twisted.python.failure import Failure

from swarmd.streams.dialing.dial_errors import silent, words
from swarmd.streams.ssh.reasons import SilentSshError, SshError
from swarmd.tls.half_close import PeerRefusedError


def tls(reason: str) -> SSL.Error:
    return SSL.Error([("SSL routines", "", reason)])


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (error.ConnectionRefusedError(), "connection refused"),
        (error.DNSLookupError(), "the host name is not known"),
        (error.NoRouteError(), "no route to host"),
        (error.TimeoutError(), "it does not answer (time limit reached)"),
        (TimeoutError(5, "Deferred"), "it does not answer (time limit reached)"),
        (CancelledError(), "given up"),
        (error.ConnectionDone(), "connection closed"),
        (error.ConnectionLost(), "connection lost"),
        (error.ConnectionAborted(), "connection lost"),
        (error.ConnectError(2, "No such file or directory"), "No such file or directory"),
        (error.ConnectError(), "connection failed"),
        (error.ConnectError(string=Failure(error.ConnectionDone())), "connection closed"),
        (PeerRefusedError("its certificate has expired"), "its certificate has expired"),
        (tls("wrong version number"), "it does not speak TLS; is its port the plain one?"),
        (tls("tlsv13 alert certificate required"), "it demands a client certificate, and none"),
        (tls("tlsv1 alert unknown ca"), "it does not trust the CA of our client certificate"),
        (tls("something else"), "TLS: something else"),
        (SSL.SysCallError(-1, "Unexpected EOF"), "TLS: connection lost"),
        (ValueError("a reason"), "a reason"),
        (ValueError(), "ValueError"),
        (None, "connection lost"),
    ],
)
def test_words(cause: BaseException | None, said: str) -> None:
    assert words(cause).startswith(said)


@pytest.mark.parametrize(
    "cause",
    [
        *(error.ConnectionRefusedError(), error.DNSLookupError(), error.NoRouteError()),
        *(error.TimeoutError(), TimeoutError(5, "Deferred"), CancelledError(), None),
        *(error.ConnectionDone(), error.ConnectionLost(), error.ConnectionAborted()),
        *(error.ConnectError(2, "No such file"), error.ConnectError(113, "No route to host")),
        *(SSL.SysCallError(-1, "Unexpected EOF"), tls("unexpected eof while reading")),
        SilentSshError("it has said nothing for a minute"),
    ],
)
def test_nothing_came(cause: BaseException | None) -> None:
    assert silent(cause)


@pytest.mark.parametrize(
    "cause",
    [
        PeerRefusedError("its certificate has expired"),
        *(tls("tlsv1 alert unknown ca"), tls("wrong version number"), tls("no shared cipher")),
        *(SshError("THE HOST KEY HAS CHANGED"), ValueError("cannot read SSH key")),
        error.ConnectBindError(24, "Too many open files"),
        error.ConnectError(13, "Permission denied"),
    ],
)
def test_it_spoke_or_was_not_asked(cause: BaseException) -> None:
    assert not silent(cause)
