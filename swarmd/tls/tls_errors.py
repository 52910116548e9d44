"""TLS errors in words: why a handshake with an engine, or with a client, came to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography import x509
from OpenSSL.SSL import Error

from swarmd.certificates.describe import issuer, listed, names, subject

_NO_TLS = "it does not speak TLS; is its port the plain one?"

_OF_ENGINES = (
    ("wrong version number", _NO_TLS),
    ("packet length too long", _NO_TLS),
    ("http request", _NO_TLS),
    ("certificate required", "it demands a client certificate, and none was given"),
    ("alert unknown ca", "it does not trust the CA of our client certificate"),
    ("alert bad certificate", "it refuses our client certificate"),
    ("alert certificate expired", "our client certificate has expired"),
    ("alert certificate revoked", "our client certificate was revoked"),
    ("alert unsupported certificate", "our certificate is not made for a client"),
    ("handshake failure", "no common TLS settings, or a client certificate is missing"),
    ("protocol version", "it speaks no TLS version that we accept (1.2 or newer)"),
    ("unsupported protocol", "it speaks no TLS version that we accept (1.2 or newer)"),
)

_OF_CLIENTS = (
    ("did not return a certificate", "it shows no certificate, and --tlsverify demands one"),
    ("alert unknown ca", "it does not trust the CA of our certificate {ours}"),
    ("alert bad certificate", "it refuses our certificate {ours}"),
    ("alert certificate unknown", "it refuses our certificate {ours}"),
    ("alert certificate expired", "to it our certificate {ours} has expired"),
    ("unsupported protocol", "it speaks no TLS version that we accept (1.2 or newer)"),
    ("no shared cipher", "it has no cipher in common with us"),
    ("wrong version number", "it does not speak TLS"),
    ("packet length too long", "it does not speak TLS"),
)


def openssl_words(error: Error) -> str:
    """The reasons in OpenSSL's error queue, last cause first; "" if it says nothing."""
    queue: Any = error.args[0] if error.args else ()
    if not isinstance(queue, list):
        return ""
    return "; ".join(dict.fromkeys(entry[-1] for entry in queue if entry[-1]))


def of_engine(error: Error) -> str:
    raw = openssl_words(error)
    for sign, text in _OF_ENGINES:
        if sign in raw:
            return text
    return f"TLS: {raw or 'connection lost'}"


def of_client(error: BaseException | None, chain: Sequence[x509.Certificate]) -> str:
    """``chain`` is what we showed it, our own certificate first."""
    if not isinstance(error, Error):
        return "it hung up during the TLS handshake"
    raw = openssl_words(error)
    for sign, text in _OF_CLIENTS:
        if sign in raw:
            return text.format(ours=_shown(chain))
    return f"TLS: {raw or 'connection lost'}"


def _shown(chain: Sequence[x509.Certificate]) -> str:
    """What the client may have missed in it."""
    if not chain:
        return ""
    held = listed(names(chain[0]))
    return f"{subject(chain[0])}, issued by {issuer(chain[-1])}, for {held}"
