"""``swarmd certs``: a certificate authority, and certificates by it for a whole fleet."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from swarmd.certificates import pem
from swarmd.certificates.authority import (
    USAGES,
    Authority,
    Wanted,
    common_name,
    new_authority,
    new_key,
)
from swarmd.certificates.expiry import NOTICE, ending
from swarmd.certificates.issuance import issued_by, latest, lists_of, signed_by
from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import DONE, CommandError, Misuse
from swarmd.cli.terminal.output import end
from swarmd.cli.usage import usage

_PROSE = """\
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
than before, or with fewer than 30 days to go, are signed anew. revoke=NAME puts all certificates
of that name on the list crl.pem, which is in FOLDER and beside each certificate of swarmd. It
counts once it is where swarmd has its files: copy it there, beside ca.pem. FOLDER/issued.pem says
what was signed, and FOLDER/ca-key.pem signs everything; keep both, off the fleet."""

DAYS = 825
_NAMES = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9._:-]*(,[A-Za-z0-9_:][A-Za-z0-9._:-]*)*")
_REVOKE = "revoke"
_TO_DO = """\
This counts once each swarmd has the list {crl}: copy it there, beside ca.pem, or to where --tlscrl
points. It is read within three seconds; `swarmd doctor` says whether there is one. dockerd reads
no such list: who can reach the port of an engine is let in there (docs/tls.rst)."""


class CertsError(CommandError):
    """An error of ``swarmd certs``."""


def run(words: Sequence[str]) -> None:
    """Does what is asked, and ends the process.

    Raises:
        SystemExit: Always; with one line on stderr if it failed.
    """
    try:
        arguments = Arguments.parse(words, "certs")
        if arguments.help:
            print(usage("certs", _PROSE))
            sys.exit(DONE)
        if len(arguments.words) < 2:
            raise Misuse("usage: swarmd certs FOLDER ROLE=NAME...; see swarmd certs --help")
        folder, *rest = arguments.words
        wanted, life = [_wanted(word) for word in rest], timedelta(days=_days(arguments))
        workshop = Workshop(Path(folder), datetime.now(UTC), quiet=arguments.json)
        _make(workshop, wanted, life)
    except CommandError as error:
        end(error, "certs")
    except (ValueError, OSError) as error:
        end(CommandError(str(error)), "certs")
    if arguments.json:
        print(orjson.dumps(workshop.changes, option=orjson.OPT_INDENT_2).decode())
    sys.exit(DONE)


def _days(arguments: Arguments) -> int:
    value = arguments.value("days") if arguments.flag("days") else str(DAYS)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 10_000):
        raise Misuse(f"--days {value!r} is not a number of days")
    return int(value)


def _wanted(word: str) -> Wanted:
    role, _, names = word.partition("=")
    if role not in (*USAGES, _REVOKE) or not names:
        roles = ", ".join(f"{each}=NAME" for each in (*USAGES, _REVOKE))
        raise Misuse(f"{word} is none of {roles}")
    if not _NAMES.fullmatch(names):
        raise Misuse(f"{word}: not a list of names")
    return Wanted(role, tuple(names.split(",")))


def _make(workshop: Workshop, wanted: Sequence[Wanted], life: timedelta) -> None:
    gone = [name for each in wanted if each.role == _REVOKE for name in each.names]
    workshop.open()
    workshop.revoke(gone)
    for each in wanted:
        if each.role != _REVOKE:
            workshop.make(each, life)


class Workshop:
    """A folder with a certificate authority, and a folder below it for each certificate.

    Attributes:
        changes: What was done, each with what it is about; unless ``quiet``, it is printed as well.
    """

    def __init__(self, folder: Path, now: datetime, *, quiet: bool = False) -> None:
        self.changes: list[dict[str, str]] = []
        self._quiet = quiet
        self._folder = folder
        self._now = now
        self._crl = folder / "crl.pem"
        self._issued = folder / "issued.pem"

    def open(self) -> None:
        """Makes the authority, if there is none yet."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / "ca.pem"
        is_new = not path.exists()
        key = _key(self._folder / "ca-key.pem")
        if is_new:
            _write(path, new_authority(key, self._now).public_bytes(Encoding.PEM), 0o644)
        # While one authority follows another, the file may hold both.
        mine = [each for each in _certificates(path) if pem.belongs(key, each)]
        if not mine:
            raise CertsError(f"{self._folder}: ca-key.pem is not the key of ca.pem")
        certificate = max(mine, key=lambda each: each.not_valid_after_utc)
        self._authority = Authority(certificate, key)
        self._look_at_the_end(certificate)
        if not self._crl.exists():
            self._begin_list(is_new)

    def _look_at_the_end(self, certificate: x509.Certificate) -> None:
        left = certificate.not_valid_after_utc - self._now
        if left <= timedelta(0):
            raise CertsError(f"the authority itself {self._ended(certificate)}")
        if left <= NOTICE:
            self._report("the authority itself", self._ended(certificate), " ")

    def _ended(self, certificate: x509.Certificate) -> str:
        when = ending(certificate.not_valid_after_utc, self._now.timestamp())
        return f"{when}: begin another one, in another folder (docs/tls.rst, Changing the CA)"

    def _begin_list(self, is_new: bool) -> None:
        """What was lost here may still be where it was handed out to."""
        lists = [crl for copy in self._copies() for crl in pem.revocations(copy.read_bytes())]
        found = latest(lists_of(lists, self._authority.certificate))
        if found:
            self._report(str(self._crl), "was gone, and is as in the copies of it", " ")
        elif not is_new:
            lost = "was gone, and is empty now: whoever was revoked is to be again"
            self._report(str(self._crl), lost, " ")
        self._list(found[0] if found else None, ())

    def _report(self, about: str, what: str, mark: str = ": ") -> None:
        self.changes.append({"About": about, "Change": what})
        if not self._quiet:
            print(f"{about}{mark}{what}")

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
            self._remember([signed] if found is None else [found, signed])
            _write(path, signed.public_bytes(Encoding.PEM), 0o644)
            self._report(name, "new certificate")
        _write(folder / "ca.pem", (self._folder / "ca.pem").read_bytes(), 0o644)
        if wanted.role == "swarmd":
            _write(folder / "crl.pem", self._crl.read_bytes(), 0o644)

    def _is_good(self, found: x509.Certificate, wanted: Wanted, key: object) -> bool:
        return (
            pem.belongs(key, found)  # type: ignore[arg-type]
            and self._authority.fits(found, wanted)
            and found.not_valid_after_utc - self._now > NOTICE
            and not self._is_revoked(found)
        )

    def _is_revoked(self, found: x509.Certificate) -> bool:
        listed = self._revoked().get_revoked_certificate_by_serial_number(found.serial_number)
        return listed is not None

    def _all_lists(self) -> list[x509.CertificateRevocationList]:
        try:
            return pem.revocations(self._crl.read_bytes())
        except ValueError as error:
            raise CertsError(f"{self._crl}: {error}") from None

    def _revoked(self) -> x509.CertificateRevocationList:
        mine = latest(lists_of(self._all_lists(), self._authority.certificate))
        if not mine:
            raise CertsError(f"{self._crl}: no list in it is signed by the authority in ca.pem")
        return mine[0]

    # What was signed before may still be in use somewhere.

    def _remember(self, certificates: Sequence[x509.Certificate]) -> None:
        kept = dict.fromkeys([*self._known(), *certificates])
        _write(self._issued, b"".join(each.public_bytes(Encoding.PEM) for each in kept), 0o644)

    def _known(self) -> list[x509.Certificate]:
        """All that have not ended yet."""
        if not self._issued.exists():
            return []
        try:
            known = pem.certificates(self._issued.read_bytes())
        except ValueError as error:
            raise CertsError(f"{self._issued}: {error}") from None
        return [each for each in known if each.not_valid_after_utc > self._now]

    def _of(self, name: str) -> list[x509.Certificate]:
        path = self._folder / name / "cert.pem"
        shown = [_certificate(path)] if path.exists() else []
        found = [*shown, *(each for each in self._known() if common_name(each) == name)]
        if not found:
            raise CertsError(f"revoke={name}: there is no {path}, and nothing was signed for it")
        mine = [each for each in found if issued_by(each, self._authority.certificate)]
        if not mine:
            raise CertsError(f"revoke={name}: {path} is signed by another authority")
        return mine

    def revoke(self, names: Sequence[str]) -> None:
        """All certificates of each name: who has one of them may have kept the others."""
        found = {name: self._of(name) for name in names}
        for name, certificates in found.items():
            left = [each for each in certificates if not self._is_revoked(each)]
            if left:
                serials = dict.fromkeys(each.serial_number for each in left)
                self._list(self._revoked(), list(serials))
                self._report(name, "revoked")
        self._hand_out_list()
        if names and not self._quiet:
            print(_TO_DO.format(crl=self._crl))

    def _list(self, before: x509.CertificateRevocationList | None, serials: Sequence[int]) -> None:
        """Those of other authorities in the file stay."""
        held = self._all_lists() if self._crl.exists() else []
        others = [crl for crl in held if not signed_by(crl, self._authority.certificate)]
        lists = [self._authority.revoke(before, serials, self._now), *others]
        _write(self._crl, b"".join(crl.public_bytes(Encoding.PEM) for crl in lists), 0o644)

    def _copies(self) -> list[Path]:
        return sorted(self._folder.glob("*/crl.pem"))

    def _hand_out_list(self) -> None:
        """To every swarmd that had one before."""
        for copy in self._copies():
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
    return _certificates(path)[0]


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return pem.certificates(path.read_bytes())
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
