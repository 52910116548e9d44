"""Certificates in words for an operator. They come from strangers: of one line, and cut."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

_LONGEST = 100  # characters of one name
_MOST_NAMES = 20
_FINGERPRINT = 8  # bytes of it that are shown


def subject(certificate: x509.Certificate) -> str:
    return _quoted(certificate.subject)


def issuer(certificate: x509.Certificate | x509.CertificateRevocationList) -> str:
    return _quoted(certificate.issuer)


def authority(certificate: x509.Certificate) -> str:
    """A CA by name and fingerprint, as several may have one name: ``"CN=x" (SHA-256 9F:86:…)``.

    The begin of what ``openssl x509 -noout -fingerprint -sha256`` shows.
    """
    shown = hexadecimal(certificate.fingerprint(SHA256())[:_FINGERPRINT])
    return f"{subject(certificate)} (SHA-256 {shown})"


def hexadecimal(data: bytes) -> str:
    """As OpenSSL writes it."""
    return data[:_LONGEST].hex(":").upper()


def names(certificate: x509.Certificate) -> list[str]:
    """The DNS names and IP addresses in its subjectAltName, which alone count for a host."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    found = [cut(name) for name in held.get_values_for_type(x509.DNSName)]
    return found + [str(ip) for ip in held.get_values_for_type(x509.IPAddress)]


def listed(texts: list[str], most: int = _MOST_NAMES) -> str:
    """``a, b and 3 more``; "no name at all" if there is none."""
    if not texts:
        return "no name at all"
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def cut(text: str, longest: int = _LONGEST) -> str:
    """One line of it, of a length that can be shown."""
    plain = "".join(char if char.isprintable() else "?" for char in text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _quoted(name: x509.Name) -> str:
    try:
        text = name.rfc4514_string()
    except ValueError:
        text = ""
    return f'"{cut(text) or "without a name"}"'
