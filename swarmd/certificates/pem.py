"""What PEM files hold. Every refusal is a ValueError in words that hold nothing of a key."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from swarmd.certificates.describe import cut

# Without a dash between: else a file of beginnings would be read to its end for each of them.
_CRL = re.compile(rb"-----BEGIN X509 CRL-----[^-]*+-----END X509 CRL-----\n?")
_MARK = b"-----BEGIN "


def certificates(data: bytes) -> list[x509.Certificate]:
    """All certificates of a file, in its order: a chain begins with the holder's own."""
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise ValueError(f"it holds no PEM certificate{_found(data)}")
    try:
        return x509.load_pem_x509_certificates(data)
    except (ValueError, x509.InvalidVersion) as error:
        raise ValueError(f"it holds a damaged certificate{_detail(error)}") from None


def private_key(data: bytes) -> PrivateKeyTypes:
    if b"PRIVATE KEY-----" not in data:
        raise ValueError(f"it holds no PEM private key{_found(data)}")
    try:
        return load_pem_private_key(data, None)
    except TypeError:
        raise ValueError(
            "it is encrypted, and swarmd asks for no passphrase; "
            "`openssl pkey -in KEY -out PLAIN_KEY` decrypts it"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("it holds a damaged private key, or one of an unknown kind") from None


def belongs(key: PrivateKeyTypes, certificate: x509.Certificate) -> bool:
    """Whether ``key`` is the other half of the one in ``certificate``."""
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        shown = certificate.public_key().public_bytes(*form)
    except (UnsupportedAlgorithm, ValueError):
        return False
    return key.public_key().public_bytes(*form) == shown


def revocations(data: bytes) -> list[x509.CertificateRevocationList]:
    """The lists of revoked certificates (CRL) of a file: PEM, several perhaps, or one as DER."""
    try:
        if _MARK not in data:
            return [x509.load_der_x509_crl(data)]
        lists = [x509.load_pem_x509_crl(block) for block in _CRL.findall(data)]
    except (ValueError, x509.InvalidVersion) as error:
        words = f"it holds a damaged list of revoked certificates{_detail(error)}"
        raise ValueError(words) from None
    if not lists:
        raise ValueError(f"it holds no list of revoked certificates{_found(data)}")
    return lists


def _detail(error: Exception) -> str:
    """Of what is public; the library's words, unless they only point to its manual."""
    text = str(error).partition("\n")[0]
    return f": {cut(text)}" if text and "http" not in text else ""


def _found(data: bytes) -> str:
    """For whoever took one file for another."""
    kinds = re.findall(rb"-----BEGIN ([A-Z0-9 ]{1,30})-----", data)
    return f", but: {kinds[0].decode().lower()}" if kinds else ""
