"""Issuance of certificates, told by the key: names are not unique, and new CAs keep theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CRL = x509.CertificateRevocationList
_SCOPES = (x509.IssuingDistributionPoint, x509.DeltaCRLIndicator)
_BOUNDS = (
    x509.NameConstraints,
    x509.ExtendedKeyUsage,
    x509.PolicyConstraints,
    x509.InhibitAnyPolicy,
)


def issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def may_sign(authority: x509.Certificate, depth: int) -> bool:
    """Whether it sets no bounds to a chain with ``depth`` CAs below it."""
    try:
        held = authority.extensions
    except ValueError:
        return False
    if any(isinstance(each.value, _BOUNDS) for each in held):
        return False
    try:
        most = held.get_extension_for_class(x509.BasicConstraints).value.path_length
    except x509.ExtensionNotFound:
        return depth == 0
    return most is None or depth <= most


def signed_by(crl: CRL, authority: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (UnsupportedAlgorithm, TypeError, ValueError):
        return False


def lists_of(crls: Iterable[CRL], authority: x509.Certificate) -> list[CRL]:
    name = authority.subject
    return [crl for crl in crls if crl.issuer == name and signed_by(crl, authority)]


def public_key(certificate: x509.Certificate) -> bytes:
    """Tells keys apart, also of kinds that we cannot use."""
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return certificate.tbs_certificate_bytes
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(holder: x509.Certificate | CRL) -> bytes:
    """Of the key that signed it, as it says itself (AKI); b"" if it does not."""
    try:
        aki = holder.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except (x509.ExtensionNotFound, ValueError):
        return b""
    return aki.key_identifier or b""


def own_key_id(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """What certificates and lists say of the CA that signed them: what it says itself (SKI)."""
    try:
        own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        key = authority.public_key()
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def number(crl: CRL) -> int:
    """Which of two lists of one moment is the later one; -1 if it has none."""
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (x509.ExtensionNotFound, ValueError):
        return -1


def latest(crls: Sequence[CRL]) -> list[CRL]:
    """Of one CA's lists those that count: of each scope the last, whatever their order.

    A list that is made anew holds what the one before held, unless it is to be forgiven.
    """
    found: dict[tuple[bytes, ...], CRL] = {}
    for crl in crls:
        scope = _scope(crl)
        if scope not in found or _age(crl) > _age(found[scope]):
            found[scope] = crl
    return list(found.values())


def _age(crl: CRL) -> tuple[float, int, int]:
    """Of two lists without a number and of one second the longer one is meant to be the later."""
    return crl.last_update_utc.timestamp(), number(crl), len(crl)


def _scope(crl: CRL) -> tuple[bytes, ...]:
    """What the list is for, where that is not everything: users, CAs, some reasons, a change."""
    try:
        held = [each.value for each in crl.extensions if isinstance(each.value, _SCOPES)]
    except ValueError:
        return (crl.signature,)
    return tuple(each.public_bytes() for each in held)
