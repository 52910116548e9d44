"""A certificate authority for one fleet: what it signs, and what it revokes. Time is an argument.

ECDSA on P-256, and all the extensions that strict clients ask for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from swarmd.certificates.issuance import number, own_key_id

NAME = "swarmd fleet CA"  # what all their names begin with
LIFE = timedelta(days=3650)
# Before now, as the clocks of a fleet differ.
_SLACK = timedelta(hours=1)
_MARK = 4  # bytes of its key's identifier in the name of an authority
_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
USAGES = {"swarmd": [_SERVER, _CLIENT], "engine": [_SERVER], "client": [_CLIENT]}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One certificate that is asked for.

    Attributes:
        role: "swarmd", "engine" or "client".
        names: DNS names and IP addresses; a client has one, which is only its name.
    """

    role: str
    names: tuple[str, ...]

    @property
    def alternatives(self) -> list[x509.GeneralName]:
        return [] if self.role == "client" else [_general_name(name) for name in self.names]


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def new_authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """With a name of its own, as it may have to stand beside the one that it follows."""
    mark = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = _common_name(f"{NAME} {now:%Y-%m-%d} {mark.digest[:_MARK].hex()}")
    draft = _draft(name, name, key.public_key(), now, now + LIFE)
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    draft = draft.add_extension(_key_usage(signs=True), critical=True)
    above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(mark)
    return draft.add_extension(above, critical=False).sign(key, SHA256())


def is_ours(certificate: x509.Certificate) -> bool:
    """Whether `swarmd certs` made this CA, and so a list of revoked certificates as well."""
    return common_name(certificate).startswith(NAME)


def common_name(certificate: x509.Certificate) -> str:
    """The first; "" without one."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


class Authority:
    """A certificate authority. Signs with the key of its certificate."""

    def __init__(
        self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    ) -> None:
        self.certificate = certificate
        self._key = key

    def sign(
        self, wanted: Wanted, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
    ) -> x509.Certificate:
        """Nothing outlives the authority."""
        end = min(now + life, self.certificate.not_valid_after_utc)
        subject = _common_name(wanted.names[0])
        draft = _draft(subject, self.certificate.subject, key, now, end)
        draft = draft.add_extension(own_key_id(self.certificate), critical=False)
        none = x509.BasicConstraints(ca=False, path_length=None)
        draft = draft.add_extension(none, critical=True)
        draft = draft.add_extension(_key_usage(signs=False), critical=True)
        draft = draft.add_extension(x509.ExtendedKeyUsage(USAGES[wanted.role]), critical=False)
        if wanted.alternatives:
            names = x509.SubjectAlternativeName(wanted.alternatives)
            draft = draft.add_extension(names, critical=False)
        return draft.sign(self._key, SHA256())

    def fits(self, found: x509.Certificate, wanted: Wanted) -> bool:
        """Whether it is one that we signed, for the same purpose and the same names."""
        try:
            found.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        usage = _extension(found, x509.ExtendedKeyUsage)
        names = _extension(found, x509.SubjectAlternativeName)
        return list(usage) == USAGES[wanted.role] and list(names) == wanted.alternatives

    def revoke(
        self,
        before: x509.CertificateRevocationList | None,
        serials: Sequence[int],
        now: datetime,
    ) -> x509.CertificateRevocationList:
        """The list with these added to those revoked ``before``; good as long as the authority.

        Its number grows with time, so that also a list that was lost is followed by a higher one.
        """
        draft = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        draft = draft.last_update(now - _SLACK)
        draft = draft.next_update(self.certificate.not_valid_after_utc)
        draft = draft.add_extension(own_key_id(self.certificate), critical=False)
        after = 0 if before is None else number(before) + 1
        draft = draft.add_extension(
            x509.CRLNumber(max(after, int(now.timestamp()))), critical=False
        )
        for old in before or ():
            draft = draft.add_revoked_certificate(old)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            draft = draft.add_revoked_certificate(entry.build())
        return draft.sign(self._key, SHA256())


def _extension(found: x509.Certificate, kind: type[x509.ExtensionType]) -> Iterable[object]:
    try:
        value: Iterable[object] = found.extensions.get_extension_for_class(kind).value  # type: ignore[assignment]
    except x509.ExtensionNotFound:
        return ()
    return value


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
