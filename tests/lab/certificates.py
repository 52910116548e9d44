"""Certificate authorities for one test run, and what they sign and revoke."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from swarmd.tls.trust import ServerTls, TlsFiles, server_trust

_DAY = datetime.timedelta(days=1)
_PEM = serialization.Encoding.PEM
_YEAR = 365 * _DAY
_LONG_AGO = -60 * _DAY
BOTH_SIDES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_KEYS: Mapping[str, Callable[[], Key]] = {
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@dataclass(frozen=True)
class Certificate:
    """Three files in a folder under the names that the docker CLI looks for."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def cert(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    def load(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.cert.read_bytes())

    def replace_by(self, other: Certificate) -> None:
        """These files hold what those do, each whole at any moment, as a renewal would do it."""
        for mine, its in ((self.ca, other.ca), (self.cert, other.cert), (self.key, other.key)):
            draft = mine.with_suffix(".new")
            draft.write_bytes(its.read_bytes())
            draft.replace(mine)


class Authority:
    """A CA that writes each certificate into ``folder/NAME``.

    Attributes:
        crl: Its list of revoked certificates, once it has revoked some.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "lab-ca",
        kind: str = "ecdsa",
        above: Authority | None = None,
        *,
        renews: Authority | None = None,
        key_ids: bool = True,
        valid: datetime.timedelta = _YEAR,
        path_length: int | None = None,
    ) -> None:
        """``above`` makes it an intermediate CA: what it issues comes with its own certificate.

        ``renews`` is one whose key it takes over. Without ``key_ids`` it is as older tools make
        one: nothing says by which key a certificate or list was signed.
        """
        self.crl = folder / f"{name}.crl.pem"
        self._folder = folder
        self._above = above
        self._key = renews._key if renews else _KEYS[kind]()
        self._name = _name(name)
        self._key_ids = key_ids
        signer = above or self
        draft = _draft(self._name, signer._name, self._key, _LONG_AGO, valid, key_ids=key_ids)
        constraints = x509.BasicConstraints(ca=True, path_length=path_length)
        draft = draft.add_extension(constraints, critical=True)
        draft = draft.add_extension(_usage(signs=True), critical=True)
        self.certificate = draft.sign(signer._key, _hash(signer._key))

    def issue(
        self,
        name: str,
        hosts: Sequence[str] = (),
        valid: datetime.timedelta = _YEAR,
        *,
        kind: str = "ecdsa",
        since: datetime.timedelta = _LONG_AGO,
        serial: int = 0,
        usage: Sequence[x509.ObjectIdentifier] = BOTH_SIDES,
    ) -> Certificate:
        """A certificate for both sides; ``hosts`` are names and addresses it stands for.

        ``since`` and ``valid`` are counted from now, to its begin and to its end.
        """
        key = _KEYS[kind]()
        draft = _draft(_name(name), self._name, key, since, valid, serial, key_ids=self._key_ids)
        if self._key_ids:
            draft = draft.add_extension(self._key_id, critical=False)
        draft = draft.add_extension(_usage(signs=False), critical=True)
        draft = draft.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            draft = draft.add_extension(names, critical=False)
        return self._write(name, draft.sign(self._key, _hash(self._key)), key)

    @property
    def _key_id(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())

    def revoke(
        self,
        *revoked: Certificate | Authority,
        valid: datetime.timedelta = 30 * _DAY,
        since: datetime.timedelta = _LONG_AGO,
        number: int | None = None,
        key_id: bool = False,
        extension: x509.ExtensionType | None = None,
    ) -> Path:
        """Writes ``crl`` anew, whole at any moment, with these and no others."""
        now = datetime.datetime.now(datetime.UTC)
        draft = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        draft = draft.last_update(now + since).next_update(now + valid)
        if key_id:
            draft = draft.add_extension(self._key_id, critical=False)
        if extension is not None:
            draft = draft.add_extension(extension, critical=True)
        if number is not None:
            draft = draft.add_extension(x509.CRLNumber(number), critical=False)
        for each in revoked:
            cert = each.certificate if isinstance(each, Authority) else each.load()
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(cert.serial_number)
                .revocation_date(now)
            )
            draft = draft.add_revoked_certificate(entry.build())
        self.crl.parent.mkdir(parents=True, exist_ok=True)
        whole = self.crl.with_suffix(".new")
        whole.write_bytes(draft.sign(self._key, _hash(self._key)).public_bytes(_PEM))
        return whole.replace(self.crl)

    def _write(self, name: str, certificate: x509.Certificate, key: Key) -> Certificate:
        files = Certificate(self._folder / name)
        files.folder.mkdir(parents=True, exist_ok=True)
        root, chain = self, certificate.public_bytes(_PEM)
        while root._above is not None:
            chain += root.certificate.public_bytes(_PEM)
            root = root._above
        files.ca.write_bytes(root.certificate.public_bytes(_PEM))
        files.cert.write_bytes(chain)
        files.key.write_bytes(_private(key, serialization.NoEncryption()))
        return files


def encrypted(files: Certificate) -> Path:
    """The key once more, as no daemon can read it."""
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    locked = files.folder / "locked.pem"
    assert isinstance(key, Key)
    locked.write_bytes(_private(key, serialization.BestAvailableEncryption(b"secret")))
    return locked


def _private(key: Key, encryption: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, encryption)


def _hash(key: Key) -> hashes.SHA256 | None:
    """Ed25519 has its own."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: Key,
    since: datetime.timedelta,
    valid: datetime.timedelta,
    serial: int = 0,
    *,
    key_ids: bool = True,
) -> x509.CertificateBuilder:
    """With all that strict clients (Python 3.13 is one) ask for, if with ``key_ids``."""
    now = datetime.datetime.now(datetime.UTC)
    draft = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + valid)
    )
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return draft.add_extension(own, critical=False) if key_ids else draft


def _usage(*, signs: bool) -> x509.KeyUsage:
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


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def server_options(ca: str, cert: str, key: str, verify: bool) -> ServerTls:
    """TLS of a listener; ``verify`` demands a client certificate of ``ca``."""
    trust = server_trust(TlsFiles(ca, cert, key, verify))
    trust.read()
    return ServerTls(trust)
