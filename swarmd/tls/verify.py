"""Verification of the other side's certificate, with the reason of a refusal in words.

OpenSSL calls ``verify_engine`` or ``verify_client`` for each problem of a chain, and for each
certificate that is well. Both leave the reason in ``refusal`` of the connection's protocol.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL.crypto import X509
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns

from swarmd.certificates.describe import authority, cut, issuer, listed, moment, names, subject
from swarmd.tls.authorities import NO_LIST, Authorities

_WRONG_PURPOSE = 26

_WRONG_SIGNATURE = 7
# All that can be wrong with a list.
_REVOCATION = frozenset((NO_LIST, 5, 8, 11, 12, 15, 16, 23, 33, 35, 36, 44))

# What follows ``its certificate "CN=…"``, by OpenSSL's number of the problem.
_WORDS: dict[int, Callable[[x509.Certificate, Authorities], str]] = {
    NO_LIST: lambda cert, ours: (
        f"cannot be judged: there is no list of revoked ones of {ours.signer(cert)}"
    ),
    _WRONG_SIGNATURE: lambda cert, ours: _of_namesake(cert, ours),
    8: lambda cert, ours: (
        f"cannot be judged: the list of revoked ones is not signed by {ours.signer(cert)}"
    ),
    9: lambda cert, ours: f"is not valid yet, but from {moment(cert.not_valid_before_utc)}",
    10: lambda cert, ours: f"has expired on {moment(cert.not_valid_after_utc)}",
    11: lambda cert, ours: (
        f"cannot be judged: {ours.signer(cert)}'s list of revoked ones is not valid yet"
    ),
    12: lambda cert, ours: (
        f"cannot be judged: {ours.signer(cert)}'s list of revoked ones has expired"
    ),
    23: lambda cert, ours: f"was revoked by {ours.signer(cert)}",
    24: lambda cert, ours: (
        f"is signed by {ours.signer(cert)}, which may sign none (basicConstraints)"
    ),
    25: lambda cert, ours: "has more CAs above it than one of them allows (pathlen)",
    66: lambda cert, ours: "has a key that is too short",
    67: lambda cert, ours: "has a key that is too short",
    68: lambda cert, ours: "is signed with a hash that is no longer safe",
}
# The chain ends in what we do not know.
_SELF_SIGNED = (18, 19)
_STRANGE_CA = (2, 20, 21)


def verify_engine(connection: Any, cert: X509, problem: int, depth: int, ok: int) -> bool:
    if not verify_client(connection, cert, problem, depth, ok):
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


def verify_client(connection: Any, cert: X509, problem: int, depth: int, ok: int) -> bool:
    tls = connection.get_app_data()
    # Nothing may escape into OpenSSL: an exception there would be lost, and with it the refusal.
    try:
        tls.refusal = _judged(tls, cert, problem, depth, ok)
    except Exception as error:  # noqa: BLE001
        tls.refusal = _not_understood(error)
    return not tls.refusal


@dataclass(slots=True)
class Path:
    """A certificate chain on its way through the judgement.

    Attributes:
        good: What OpenSSL is content with; it begins at the CA, and ends with the holder's own.
        signer: Who really signed one for which OpenSSL took a namesake, and how deep that one is.
        doubtful: OpenSSL may have looked at the wrong list, so they are asked again in the end.
    """

    good: dict[int, X509] = field(default_factory=dict)
    signer: tuple[int, x509.Certificate] | None = None
    doubtful: bool = False

    def certificates(self) -> list[x509.Certificate]:
        """From the holder's own up to the CA, as they were signed."""
        chain = [self.good[depth].to_cryptography() for depth in sorted(self.good)]
        return chain if self.signer is None else [*chain[: self.signer[0] + 1], self.signer[1]]


def _judged(tls: Any, cert: X509, problem: int, depth: int, ok: int) -> str:
    path, ours = tls.path, tls.judged_by.authorities
    if ok:
        path.good[depth] = cert
        return "" if depth or not path.doubtful else _judged_again(path, tls)
    if problem in _REVOCATION and ours.ambiguous:
        found = cert.to_cryptography()
        if found.issuer in ours.ambiguous:
            return _judged_now(found, depth, tls)
    if not _counts(problem, depth):
        return ""
    found = cert.to_cryptography()
    if problem == _WRONG_PURPOSE and _for_anything(found):
        return ""
    signer = ours.namesake(found, depth) if problem == _WRONG_SIGNATURE else None
    if signer is not None:
        path.signer, path.doubtful = (depth, signer), bool(ours.crls)
        return ""
    return _reason(found, problem, depth, tls)


def _for_anything(cert: x509.Certificate) -> bool:
    """``anyExtendedKeyUsage`` counts for engines and Docker's clients; for OpenSSL it does not."""
    try:
        usage = cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def _judged_now(cert: x509.Certificate, depth: int, tls: Any) -> str:
    """By the list of the CA of ours that signed it; if none did, once the whole chain is known."""
    ours: Authorities = tls.judged_by.authorities
    above = ours.above(cert)
    if above is None:
        tls.path.doubtful = True
        return ""
    problem = ours.revocation(cert, above)
    return _reason(cert, problem, depth, tls) if _counts(problem, depth) else ""


def _counts(problem: int, depth: int) -> bool:
    """Only of who signed the holder's own certificate there must be a list."""
    return bool(problem) and not (problem == NO_LIST and depth)


def _judged_again(path: Path, tls: Any) -> str:
    """By the lists of those who signed the chain."""
    chain, ours = path.certificates(), tls.judged_by.authorities
    for depth, cert in enumerate(chain):
        above = chain[depth + 1] if depth + 1 < len(chain) else ours.above(cert)
        problem = ours.revocation(cert, above) if above is not None else NO_LIST
        if _counts(problem, depth):
            return _reason(cert, problem, depth, tls)
    return ""


def _not_understood(error: Exception) -> str:
    return f"its certificate cannot be understood: {cut(str(error))}"


def _reason(cert: x509.Certificate, problem: int, depth: int, tls: Any) -> str:
    whose = "the certificate of its CA" if depth else "its certificate"
    ours: Authorities = tls.judged_by.authorities
    our_ca = f"our CA, {ours.words}" if ours.cas else "a CA of this system"
    if problem in _SELF_SIGNED and depth:
        return f"its certificate is signed by {authority(cert)}, which is not {our_ca}"
    if problem in _SELF_SIGNED:
        words = f"is signed by itself, not by {our_ca}"
    elif problem in _STRANGE_CA and ours.has_namesake(cert):
        words = _of_namesake(cert, ours)
    elif problem in _STRANGE_CA:
        words = f"is signed by {issuer(cert)}, which is not {our_ca}"
    elif problem == _WRONG_PURPOSE:
        words = f"is not made for this purpose: its extendedKeyUsage lacks {tls.creator.purpose}"
    elif problem in _WORDS:
        words = _WORDS[problem](cert, ours)
    else:
        words = f"was refused by OpenSSL (reason {problem})"
    return f"{whose} {subject(cert)} {words}"


def _of_namesake(cert: x509.Certificate, ours: Authorities) -> str:
    other = ours.signer(cert)
    return f"is not signed by our CA, {ours.words}, but by another that is called {other} too"


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
