from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import ssl
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from swarmd.certificates import issuance, pem
from swarmd.certificates.authority import Wanted
from swarmd.cli.keys.certs import Workshop, run
from swarmd.config.tls_options import TlsFiles, check

SCRIPT = Path(__file__).parents[3] / "conf" / "certs"
FLEET = ("swarmd=cloud.example.com,192.0.2.1,::1", "engine=node-1,10.0.0.11", "client=alice")


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def certs(*args: str) -> Done:
    """As a process would end."""
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
        pytest.raises(SystemExit) as ended,
    ):
        run(args)
    code = ended.value.code
    if isinstance(code, str):
        return Done(1, out.getvalue(), f"{code}\n")
    return Done(int(code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certs") / "tls"
    done = certs(str(folder), *FLEET)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder


def load(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_names_and_addresses(fleet: Path) -> None:
    names = load(fleet / "cloud.example.com").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["cloud.example.com"]
    assert [str(ip) for ip in names.value.get_values_for_type(x509.IPAddress)] == [
        "192.0.2.1",
        "::1",
    ]


@pytest.mark.parametrize(
    ("name", "usages"),
    [
        ("cloud.example.com", [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        ("node-1", [ExtendedKeyUsageOID.SERVER_AUTH]),
        ("alice", [ExtendedKeyUsageOID.CLIENT_AUTH]),
    ],
)
def test_each_role_may_do_what_it_must(
    fleet: Path, name: str, usages: list[x509.ObjectIdentifier]
) -> None:
    found = load(fleet / name).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(found.value) == usages


@pytest.mark.parametrize("name", ["cloud.example.com", "node-1", "alice"])
def test_each_folder_is_complete(fleet: Path, name: str) -> None:
    folder = fleet / name
    check(TlsFiles(str(folder / "ca.pem"), str(folder / "cert.pem"), str(folder / "key.pem"), True))


def test_keys_are_for_their_owner_only(fleet: Path) -> None:
    keys = list(fleet.rglob("*key.pem"))
    assert len(keys) == 4
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def handshake(server: ssl.SSLObject, client: ssl.SSLObject) -> None:
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_swarmd_and_an_engine_trust_each_other(fleet: Path) -> None:
    to_engine, to_swarmd = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(fleet / "ca.pem"))
    client.load_cert_chain(
        fleet / "cloud.example.com" / "cert.pem", fleet / "cloud.example.com" / "key.pem"
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(fleet / "ca.pem"))
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(fleet / "node-1" / "cert.pem", fleet / "node-1" / "key.pem")
    swarmd = client.wrap_bio(to_swarmd, to_engine, server_hostname="10.0.0.11")
    engine = server.wrap_bio(to_engine, to_swarmd, server_side=True)
    handshake(engine, swarmd)
    assert engine.getpeercert()["subject"] == ((("commonName", "cloud.example.com"),),)  # type: ignore[index]


def test_again_changes_nothing(fleet: Path) -> None:
    before = contents(fleet)
    done = certs(str(fleet), *FLEET)
    assert (done.returncode, done.stdout) == (0, "")
    assert contents(fleet) == before


def test_more_machines_and_other_names(tmp_path: Path) -> None:
    certs(str(tmp_path), "engine=node-1,10.0.0.1", "engine=node-2")
    before = contents(tmp_path)
    done = certs(str(tmp_path), "engine=node-1,10.0.0.9", "engine=node-2", "engine=node-3")
    assert done.stdout == "node-1: new certificate\nnode-3: new certificate\n"
    after = contents(tmp_path)
    changed = {str(path.relative_to(tmp_path)) for path in before if after[path] != before[path]}
    assert changed == {"node-1/cert.pem", "issued.pem"}


def test_a_certificate_about_to_expire_is_made_anew(tmp_path: Path) -> None:
    certs("--days", "29", str(tmp_path), "client=bob")
    key = (tmp_path / "bob" / "key.pem").read_bytes()
    assert certs(str(tmp_path), "client=bob").stdout == "bob: new certificate\n"
    assert (tmp_path / "bob" / "key.pem").read_bytes() == key


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("nobody=x", "nobody=x is none of swarmd=NAME, engine=NAME, client=NAME, revoke=NAME"),
        ("engine=", "engine= is none of"),
        ("engine", "engine is none of"),
        ("engine=../x", "engine=../x: not a list of names"),
        ("engine=a/b", "not a list of names"),
        ("engine=a,", "not a list of names"),
        ("engine=a,,b", "not a list of names"),
        ("engine=a b", "not a list of names"),
    ],
)
def test_what_it_refuses(tmp_path: Path, wanted: str, reason: str) -> None:
    done = certs(str(tmp_path / "tls"), "client=good", wanted)
    assert done.returncode == 2
    assert reason in done.stderr
    assert not (tmp_path / "tls").exists()


def test_what_it_refuses_of_its_options(tmp_path: Path) -> None:
    for words, reason in (
        (("--frob", "x", "client=a"), "unknown option --frob"),
        (("--days",), "--days needs a value"),
        (("--days=0", "x", "client=a"), "--days '0' is not a number of days"),
    ):
        assert certs(*words).stderr == f"certs: {reason}\n"
    assert certs("--days=9", str(tmp_path / "x"), "client=a").returncode == 0


def test_help_and_usage() -> None:
    assert certs("--help").stdout.startswith("Usage: swarmd certs")
    wrong = certs("folder")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("certs: usage: swarmd certs FOLDER ROLE=NAME")


def test_as_json(tmp_path: Path) -> None:
    done = certs("--json", str(tmp_path), "client=alice")
    assert json.loads(done.stdout) == [{"About": "alice", "Change": "new certificate"}]
    done = certs(str(tmp_path), "revoke=alice", "--json")
    assert json.loads(done.stdout) == [{"About": "alice", "Change": "revoked"}]


def test_the_script_in_conf_is_the_same(tmp_path: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        [SCRIPT, tmp_path / "tls", "client=alice"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "alice: new certificate\n", "")


def test_who_is_revoked_gets_another_key(tmp_path: Path) -> None:
    certs(str(tmp_path), "swarmd=cloud", "client=eve", "client=alice")
    old = load(tmp_path / "eve")
    key = (tmp_path / "eve" / "key.pem").read_bytes()
    output = certs(str(tmp_path), "revoke=eve").stdout
    assert output.startswith("eve: revoked\nThis counts once each swarmd has the list ")
    assert f"{tmp_path}/crl.pem: copy it there" in output
    assert certs(str(tmp_path), "revoke=eve,eve").stdout == output.removeprefix("eve: revoked\n")
    (crl,) = pem.revocations((tmp_path / "cloud" / "crl.pem").read_bytes())
    assert [one.serial_number for one in crl] == [old.serial_number]
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert crl.is_signature_valid(ca.public_key())  # type: ignore[arg-type]
    assert crl.next_update_utc == ca.not_valid_after_utc
    done = certs(str(tmp_path), "client=eve", "client=alice")
    assert done.stdout == "eve: new certificate\n"
    assert (tmp_path / "eve" / "key.pem").read_bytes() != key
    assert certs(str(tmp_path), "revoke=bob").stderr.startswith("certs: revoke=bob: there is no ")


def test_files_that_are_not_its_own(tmp_path: Path) -> None:
    certs(str(tmp_path), "client=alice")
    other = tmp_path / "other"
    certs(str(other), "client=alice")
    (tmp_path / "alice" / "cert.pem").write_bytes((other / "alice" / "cert.pem").read_bytes())
    assert certs(str(tmp_path), "client=alice").stdout == "alice: new certificate\n"
    (tmp_path / "alice" / "cert.pem").write_text("junk")
    assert "cert.pem: it holds no PEM certificate" in certs(str(tmp_path), "client=alice").stderr
    (tmp_path / "ca-key.pem").write_bytes((other / "ca-key.pem").read_bytes())
    assert "ca-key.pem is not the key of ca.pem" in certs(str(tmp_path), "client=alice").stderr
    (tmp_path / "ca-key.pem").write_text("junk")
    assert "it holds no PEM private key" in certs(str(tmp_path), "client=alice").stderr


def test_nothing_outlives_the_authority(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = datetime.now(UTC) - timedelta(days=3640)
    Workshop(tmp_path, begun).open()
    workshop = Workshop(tmp_path, datetime.now(UTC))
    workshop.open()
    assert "the authority itself expires on" in capsys.readouterr().out
    workshop.make(Wanted("client", ("alice",)), timedelta(days=825))
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert load(tmp_path / "alice").not_valid_after_utc == ca.not_valid_after_utc


def revoked(crl: Path) -> set[int]:
    (found,) = pem.revocations(crl.read_bytes())
    return {one.serial_number for one in found}


def test_all_that_somebody_was_ever_given_is_revoked(tmp_path: Path) -> None:
    """Who was renewed, renamed or deleted may still have what came before."""
    certs(str(tmp_path), "swarmd=cloud", "engine=node-1,10.0.0.1", "client=alice")
    serials = {load(tmp_path / "node-1").serial_number}
    certs(str(tmp_path), "engine=node-1,10.0.0.2")
    serials.add(load(tmp_path / "node-1").serial_number)
    shutil.rmtree(tmp_path / "node-1")
    certs(str(tmp_path), "revoke=node-1")
    for crl in (tmp_path / "crl.pem", tmp_path / "cloud" / "crl.pem"):
        assert revoked(crl) == serials and len(serials) == 2
    certs(str(tmp_path), "engine=node-1,10.0.0.2")
    assert load(tmp_path / "node-1").serial_number not in serials
    certs(str(tmp_path), "revoke=node-1,alice")
    assert len(revoked(tmp_path / "crl.pem")) == 4


def test_what_was_made_before_it_was_written_down(tmp_path: Path) -> None:
    certs(str(tmp_path), "client=alice")
    old = load(tmp_path / "alice").serial_number
    (tmp_path / "issued.pem").unlink()
    (tmp_path / "alice" / "key.pem").unlink()
    assert certs(str(tmp_path), "client=alice").stdout == "alice: new certificate\n"
    certs(str(tmp_path), "revoke=alice")
    assert revoked(tmp_path / "crl.pem") == {old, load(tmp_path / "alice").serial_number}


def test_what_has_ended_is_forgotten(tmp_path: Path) -> None:
    certs("--days=1", str(tmp_path), "client=alice")
    workshop = Workshop(tmp_path, datetime.now(UTC) + timedelta(days=9))
    workshop.open()
    workshop.make(Wanted("client", ("bob",)), timedelta(days=100))
    assert len(pem.certificates((tmp_path / "issued.pem").read_bytes())) == 1


def test_nobody_is_revoked_if_one_of_them_cannot_be(tmp_path: Path) -> None:
    certs(str(tmp_path), "client=alice")
    assert certs(str(tmp_path), "revoke=alice,bob").returncode == 1
    assert revoked(tmp_path / "crl.pem") == set()
    other = tmp_path / "other"
    certs(str(other), "client=alice")
    (tmp_path / "issued.pem").unlink()
    shutil.copy(other / "alice" / "cert.pem", tmp_path / "alice" / "cert.pem")
    assert "is signed by another authority" in certs(str(tmp_path), "revoke=alice").stderr


def test_a_list_that_is_lost_comes_back_from_its_copies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certs(str(tmp_path), "swarmd=cloud", "client=eve")
    certs(str(tmp_path), "revoke=eve")
    before = revoked(tmp_path / "crl.pem")
    (tmp_path / "crl.pem").unlink()
    assert "as in the copies" in certs(str(tmp_path), "client=alice").stdout
    assert revoked(tmp_path / "crl.pem") == before
    number = serial(tmp_path / "crl.pem")
    (tmp_path / "crl.pem").unlink()
    (tmp_path / "cloud" / "crl.pem").unlink()
    Workshop(tmp_path, datetime.now(UTC) + timedelta(minutes=1)).open()
    assert "is empty now: whoever was revoked" in capsys.readouterr().out
    assert revoked(tmp_path / "crl.pem") == set() and serial(tmp_path / "crl.pem") > number


def serial(crl: Path) -> int:
    return issuance.number(pem.revocations(crl.read_bytes())[0])


def test_each_list_has_a_higher_number_and_the_key_of_its_authority(tmp_path: Path) -> None:
    certs(str(tmp_path), *(f"client=u{each}" for each in range(4)))
    ca = pem.certificates((tmp_path / "ca.pem").read_bytes())[0]
    numbers = []
    for each in range(4):
        certs(str(tmp_path), f"revoke=u{each}")
        numbers.append(serial(tmp_path / "crl.pem"))
    assert numbers == sorted(set(numbers))
    own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    for signed in (
        ca,
        load(tmp_path / "u1"),
        pem.revocations((tmp_path / "crl.pem").read_bytes())[0],
    ):
        assert issuance.key_id(signed) == own


def test_lists_that_are_not_its_own(tmp_path: Path) -> None:
    other = tmp_path / "other"
    certs(str(tmp_path), "client=alice")
    certs(str(other), "client=alice")
    mine, theirs = (tmp_path / "crl.pem").read_bytes(), (other / "crl.pem").read_bytes()
    for order in (theirs + mine, mine + theirs):
        (tmp_path / "crl.pem").write_bytes(order)
        assert certs(str(tmp_path), "revoke=alice").returncode == 0
        lists = pem.revocations((tmp_path / "crl.pem").read_bytes())
        assert [len(crl) for crl in lists] == [1, 0]
        assert lists[1].public_bytes(Encoding.PEM) == theirs
    (tmp_path / "crl.pem").write_bytes(theirs)
    assert "no list in it is signed by the authority" in certs(str(tmp_path), "revoke=alice").stderr
    (tmp_path / "crl.pem").write_text("junk")
    assert "crl.pem: it holds" in certs(str(tmp_path), "revoke=alice").stderr


def test_the_one_before_may_be_in_the_same_file(tmp_path: Path) -> None:
    """So that both are handed out, whichever was put first."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        certs(str(folder), "swarmd=cloud", "client=alice")
    parts = [(folder / "ca.pem").read_bytes() for folder in (old, new)]
    for order in (parts, parts[::-1]):
        (new / "ca.pem").write_bytes(b"".join(order))
        assert certs(str(new), "swarmd=cloud", "client=alice").stdout == ""
        assert (new / "alice" / "ca.pem").read_bytes() == b"".join(order)


def test_two_authorities_have_two_names(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        certs(str(tmp_path / folder), "client=alice")
    subjects = {
        pem.certificates((tmp_path / folder / "ca.pem").read_bytes())[0].subject.rfc4514_string()
        for folder in ("one", "two")
    }
    assert len(subjects) == 2
    assert all(name.startswith("CN=swarmd fleet CA 20") for name in subjects)


def test_an_authority_that_has_ended_signs_nothing(tmp_path: Path) -> None:
    Workshop(tmp_path, datetime.now(UTC) - timedelta(days=3651)).open()
    done = certs(str(tmp_path), "client=alice")
    assert done.returncode == 1 and "the authority itself has expired on" in done.stderr
    assert "another folder" in done.stderr
