"""Advice is found by words of other modules: these are taken from there."""

from __future__ import annotations

import pytest
from OpenSSL.SSL import Error
from twisted.internet import error

from swarmd.doctor.advice import advice
from swarmd.streams.dialing.dial_errors import words
from swarmd.tls.tls_errors import _OF_ENGINES, of_engine


@pytest.mark.parametrize(
    "cause",
    [
        error.ConnectionRefusedError(),
        error.DNSLookupError(),
        error.NoRouteError(),
        error.TimeoutError(),
        error.ConnectError(113, "No route to host"),
        error.ConnectError(101, "Network is unreachable"),
        error.ConnectError(110, "Connection timed out"),
        error.ConnectError(2, "No such file or directory"),
        error.ConnectError(13, "Permission denied"),
    ],
)
def test_of_unreachable_engines(cause: Exception) -> None:
    assert advice(words(cause))


@pytest.mark.parametrize("sign", [sign for sign, _ in _OF_ENGINES if "protocol" not in sign])
def test_of_failed_handshakes(sign: str) -> None:
    assert advice(of_engine(Error([("SSL routines", "", sign)])))


def test_plain_words_need_none() -> None:
    assert advice("connection lost") == ""
