from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from swarmd.tls_files import TlsFiles, check

SCRIPT = Path(__file__).parents[2] / "conf" / "certs"
FLEET = ("swarmd=cloud.example.com,192.0.2.1,::1", "engine=node-1,10.0.0.11", "client=alice")


def certs(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *args], capture_output=True, text=True, timeout=60, check=False)


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
    assert changed == {"node-1/cert.pem", "node-1/names"}


def test_a_certificate_about_to_expire_is_made_anew(tmp_path: Path) -> None:
    certs("--days", "29", str(tmp_path), "client=bob")
    key = (tmp_path / "bob" / "key.pem").read_bytes()
    assert certs(str(tmp_path), "client=bob").stdout == "bob: new certificate\n"
    assert (tmp_path / "bob" / "key.pem").read_bytes() == key


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("nobody=x", "nobody=x is none of swarmd=NAME, engine=NAME, client=NAME"),
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
    assert done.returncode == 1
    assert reason in done.stderr
    assert not (tmp_path / "tls").exists()


def test_help_and_usage() -> None:
    assert certs("--help").stdout.startswith("usage: certs")
    wrong = certs("folder")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("usage: certs")
