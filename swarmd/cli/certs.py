"""``swarmd certs``: a certificate authority, and certificates by it for a whole fleet."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from swarmd.certificates import pem
from swarmd.certificates.authority import USAGES, Authority, Wanted, new_authority, new_key
from swarmd.certificates.expiry import NOTICE
from swarmd.certificates.words import moment

USAGE = """\
Usage: swarmd certs [--days N] FOLDER ROLE=NAME[,NAME...] ... [revoke=NAME ...]

Roles:
  swarmd=cloud.example.com,192.0.2.1   swarmd itself, for clients and towards engines
  engine=node-1,10.0.0.11              one Docker host
  client=alice                         one user

The names of swarmd and of engines are those, and the addresses, by which they are reached: they
must hold the host part of DOCKER_HOST, or of the line in the hosts file. For each ROLE=NAME there
is then FOLDER/NAME with ca.pem, cert.pem and key.pem:

  swarmd   --tlsverify --tlscacert ca.pem --tlscert cert.pem --tlskey key.pem --tlscrl crl.pem
  engine   dockerd with the same options but the last, on tcp://0.0.0.0:2376
  client   DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=FOLDER/NAME DOCKER_HOST=tcp://...:2376

Run it again to add machines or users: keys and valid certificates stay, those with other names
than before, or with fewer than 30 days to go, are signed anew. revoke=NAME puts a certificate on
the list crl.pem, which is in FOLDER and beside each certificate of swarmd. FOLDER/ca-key.pem signs
everything; keep it off the fleet."""

DAYS = 825
_NAMES = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9._:-]*(,[A-Za-z0-9_:][A-Za-z0-9._:-]*)*")
_REVOKE = "revoke"


class CertsError(Exception):
    """Ends the command with one line."""


def run(words: Sequence[str]) -> None:
    """Does what is asked, and ends the process.

    Raises:
        SystemExit: Always; with 1 and one line on stderr if it failed.
    """
    if words and words[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0)
    try:
        days, rest = _days(words)
        if len(rest) < 2:
            print(USAGE, file=sys.stderr)
            sys.exit(1)
        wanted = [_wanted(word) for word in rest[1:]]
        _make(Workshop(Path(rest[0]), datetime.now(UTC)), wanted, timedelta(days=days))
    except (CertsError, ValueError, OSError) as error:
        sys.exit(f"certs: {error}")
    sys.exit(0)


def _days(words: Sequence[str]) -> tuple[int, Sequence[str]]:
    if not words or not words[0].startswith("-"):
        return DAYS, words
    option, mark, value = words[0].partition("=")
    rest = words[1:]
    if option != "--days":
        raise CertsError(f"unknown option {option}")
    if not mark:
        value, rest = (rest[0], rest[1:]) if rest else ("", rest)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 10_000):
        raise CertsError(f"--days {value!r} is not a number of days")
    return int(value), rest


def _wanted(word: str) -> Wanted:
    role, _, names = word.partition("=")
    if role not in (*USAGES, _REVOKE) or not names:
        roles = ", ".join(f"{each}=NAME" for each in (*USAGES, _REVOKE))
        raise CertsError(f"{word} is none of {roles}")
    if not _NAMES.fullmatch(names):
        raise CertsError(f"{word}: not a list of names")
    return Wanted(role, tuple(names.split(",")))


def _make(workshop: Workshop, wanted: Sequence[Wanted], life: timedelta) -> None:
    gone = [name for each in wanted if each.role == _REVOKE for name in each.names]
    workshop.open()
    workshop.revoke(gone)
    for each in wanted:
        if each.role != _REVOKE:
            workshop.make(each, life)
    workshop.hand_out_list()


class Workshop:
    """The folder with the authority, and a folder below it for each certificate."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder = folder
        self._now = now
        self._crl = folder / "crl.pem"

    def open(self) -> None:
        """Makes the authority, if there is none yet."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _key(self._folder / "ca-key.pem")
        path = self._folder / "ca.pem"
        if not path.exists():
            _write(path, new_authority(key, self._now).public_bytes(Encoding.PEM), 0o644)
        certificate = _certificate(path)
        if not pem.belongs(key, certificate):
            raise CertsError(f"{self._folder}: ca-key.pem is not the key of ca.pem")
        self._authority = Authority(certificate, key)
        if certificate.not_valid_after_utc - self._now <= NOTICE:
            end = moment(certificate.not_valid_after_utc)
            print(f"the authority itself ends on {end}: begin another one, in another folder")
        if not self._crl.exists():
            self._list(())

    def make(self, wanted: Wanted, life: timedelta) -> None:
        """Key and certificate; those that are good stay."""
        name = wanted.names[0]
        folder = self._folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "cert.pem"
        found = _certificate(path) if path.exists() else None
        if found is not None and self._is_revoked(found):
            (folder / "key.pem").unlink(missing_ok=True)
        key = _key(folder / "key.pem")
        if found is None or not self._is_good(found, wanted, key):
            signed = self._authority.sign(wanted, key.public_key(), self._now, life)
            _write(path, signed.public_bytes(Encoding.PEM), 0o644)
            print(f"{name}: new certificate")
        _write(folder / "ca.pem", (self._folder / "ca.pem").read_bytes(), 0o644)
        if wanted.role == "swarmd":
            _write(folder / "crl.pem", self._crl.read_bytes(), 0o644)

    def _is_good(self, found: x509.Certificate, wanted: Wanted, key: object) -> bool:
        return (
            pem.belongs(key, found)  # type: ignore[arg-type]
            and self._authority.fits(found, wanted)
            and found.not_valid_after_utc - self._now > NOTICE
        )

    def _is_revoked(self, found: x509.Certificate) -> bool:
        (crl,) = pem.revocations(self._crl.read_bytes())
        return crl.get_revoked_certificate_by_serial_number(found.serial_number) is not None

    def revoke(self, names: Sequence[str]) -> None:
        for name in names:
            path = self._folder / name / "cert.pem"
            if not path.exists():
                raise CertsError(f"revoke={name}: there is no {path}")
            found = _certificate(path)
            if not self._is_revoked(found):
                self._list([found.serial_number])
                print(f"{name}: revoked")

    def _list(self, serials: Sequence[int]) -> None:
        before = pem.revocations(self._crl.read_bytes())[0] if self._crl.exists() else ()
        crl = self._authority.revoke(before, serials, self._now)
        _write(self._crl, crl.public_bytes(Encoding.PEM), 0o644)

    def hand_out_list(self) -> None:
        """To every swarmd that had one before."""
        for copy in self._folder.glob("*/crl.pem"):
            _write(copy, self._crl.read_bytes(), 0o644)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file, which is made if need be, and never readable by others."""
    if path.exists():
        try:
            found = pem.private_key(path.read_bytes())
        except ValueError as error:
            raise CertsError(f"{path}: {error}") from None
        if not isinstance(found, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise CertsError(f"{path}: neither an ECDSA nor an RSA key")
        return found  # type: ignore[return-value]
    key = new_key()
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(path, data, 0o600)
    return key


def _certificate(path: Path) -> x509.Certificate:
    try:
        return pem.certificates(path.read_bytes())[0]
    except ValueError as error:
        raise CertsError(f"{path}: {error}") from None


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all; what is the same stays untouched."""
    if path.exists() and path.read_bytes() == data:
        return
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
    draft.replace(path)
