"""The expiry of certificates, and of lists of revoked ones. Time is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from swarmd.certificates.describe import authority, moment, subject

# How long before its end a certificate is warned about.
NOTICE = timedelta(days=30)
# A list of revoked certificates is made anew all the time, so: in the last part of its life.
_LAST_PART = 4


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of validity of a certificate, a CA or a revocation list.

    Attributes:
        what: In words, with the file that it is from, if any.
        not_after: When it ends, in UTC.
        notice: How long before that it is worth a warning.
    """

    what: str
    not_after: datetime
    notice: timedelta = NOTICE

    def is_near(self, now: float) -> bool:
        """``now`` is the wall clock, in seconds."""
        return datetime.fromtimestamp(now, UTC) >= self.not_after - self.notice

    def warning(self, now: float) -> str:
        return f"{self.what} {ending(self.not_after, now)}"


def ending(not_after: datetime, now: float) -> str:
    """``expires on … (in 3 days)`` or ``has expired on …``."""
    left = not_after - datetime.fromtimestamp(now, UTC)
    if left <= timedelta(0):
        return f"has expired on {moment(not_after)}"
    days = left.days
    span = f"{days} days" if days > 1 else f"{left // timedelta(hours=1)} hours"
    return f"expires on {moment(not_after)} (in {span})"


def of_certificate(certificate: x509.Certificate, what: str) -> Expiry:
    """``what`` precedes its subject: "our certificate"."""
    return Expiry(f"{what} {subject(certificate)}", certificate.not_valid_after_utc)


def of_authority(certificate: x509.Certificate, what: str) -> Expiry:
    """With its fingerprint: the next one may have the same name."""
    return Expiry(f"{what} {authority(certificate)}", certificate.not_valid_after_utc)


def of_revocations(crl: x509.CertificateRevocationList, what: str, signer: str) -> Expiry | None:
    """``signer`` in words. None for a list that says of itself that it never ends."""
    end, begin = crl.next_update_utc, crl.last_update_utc
    if end is None:
        return None
    return Expiry(f"{what} of {signer}", end, min(NOTICE, (end - begin) / _LAST_PART))


def warnings(expiries: Iterable[Expiry], now: float) -> list[str]:
    """Those that are near, or over, in words; the earliest first, none twice."""
    near = sorted((one for one in expiries if one.is_near(now)), key=lambda one: one.not_after)
    return list(dict.fromkeys(one.warning(now) for one in near))
