"""Whether the other side's certificate is good enough, and if not, why, in words.

OpenSSL calls ``judge_engine`` or ``judge_client`` for each problem of a chain, and for each
certificate that is well. Both leave the reason in ``refusal`` of the connection's protocol.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from cryptography import x509
from OpenSSL.crypto import X509
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns

from swarmd.certificates.words import cut, issuer, listed, moment, names, subject

_NO_CRL = 3
_WRONG_PURPOSE = 26

# What follows ``its certificate "CN=…"``, by OpenSSL's number of the problem.
_WORDS: dict[int, Callable[[x509.Certificate], str]] = {
    _NO_CRL: lambda cert: f"cannot be judged: there is no list of revoked ones of {issuer(cert)}",
    7: lambda cert: f"is not signed by our CA, but by another that is called {issuer(cert)} too",
    8: lambda cert: f"cannot be judged: the list of revoked ones is not signed by {issuer(cert)}",
    9: lambda cert: f"is not valid yet, but from {moment(cert.not_valid_before_utc)}",
    10: lambda cert: f"has expired on {moment(cert.not_valid_after_utc)}",
    11: lambda cert: f"cannot be judged: {issuer(cert)}'s list of revoked ones is not valid yet",
    12: lambda cert: f"cannot be judged: {issuer(cert)}'s list of revoked ones has expired",
    23: lambda cert: f"was revoked by {issuer(cert)}",
    24: lambda cert: f"is signed by {issuer(cert)}, which may sign none (basicConstraints)",
    25: lambda cert: "has more CAs above it than one of them allows (pathlen)",
    66: lambda cert: "has a key that is too short",
    67: lambda cert: "has a key that is too short",
    68: lambda cert: "is signed with a hash that is no longer safe",
}
# The chain ends in what we do not know.
_SELF_SIGNED = (18, 19)
_STRANGE_CA = (2, 20, 21)


def judge_engine(connection: Any, cert: X509, problem: int, depth: int, ok: int) -> bool:
    if not judge_client(connection, cert, problem, depth, ok):
        return False
    tls = connection.get_app_data()
    if depth == 0:
        tls.refusal = missing_name(cert, tls.peer_name) or _introduced(cert, tls.creator)
    return not tls.refusal


def _introduced(cert: X509, creator: Any) -> str:
    try:
        creator.saw(cert.to_cryptography())
    except Exception as error:  # noqa: BLE001 - see below
        return _not_understood(error)
    return ""


def judge_client(connection: Any, cert: X509, problem: int, depth: int, ok: int) -> bool:
    # Nothing may escape into OpenSSL: an exception there would be lost, and with it the refusal.
    if ok or (problem == _NO_CRL and depth):
        return True
    tls = connection.get_app_data()
    try:
        tls.refusal = _reason(cert.to_cryptography(), problem, depth, tls.creator)
    except Exception as error:  # noqa: BLE001
        tls.refusal = _not_understood(error)
    return False


def _not_understood(error: Exception) -> str:
    return f"its certificate cannot be understood: {cut(str(error))}"


def _reason(cert: x509.Certificate, problem: int, depth: int, creator: Any) -> str:
    whose = "the certificate of its CA" if depth else "its certificate"
    ours = creator.authorities
    our_ca = f"our CA ({ours})" if ours else "a CA of this system"
    if problem in _SELF_SIGNED and depth:
        return f"its certificate is signed by {subject(cert)}, which is not {our_ca}"
    if problem in _SELF_SIGNED:
        words = f"is signed by itself, not by {our_ca}"
    elif problem in _STRANGE_CA:
        words = f"is signed by {issuer(cert)}, which is not {our_ca}"
    elif problem == _WRONG_PURPOSE:
        words = f"is not made for this purpose: its extendedKeyUsage lacks {creator.purpose}"
    elif problem in _WORDS:
        words = _WORDS[problem](cert)
    else:
        words = f"was refused by OpenSSL (reason {problem})"
    return f"{whose} {subject(cert)} {words}"


def missing_name(cert: X509, host: str) -> str:
    """Why ``cert`` does not prove to be ``host``; "" if it does."""
    try:
        wanted = IPAddress_ID(host) if is_ip(host) else DNS_ID(host.encode("idna").decode())
        verify_service_identity(extract_patterns(cert), [wanted], [])
    except (CertificateError, VerificationError):
        parsed = cert.to_cryptography()
        held = listed(names(parsed))
        return f"its certificate {subject(parsed)} is not for {host}: its SAN has {held}"
    except Exception as error:  # noqa: BLE001 - see above
        return _not_understood(error)
    return ""


def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
