from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmd.config.tls_options import TlsFiles, check, engine_files, listen_files
from tests.lab.certificates import Authority, Certificate

NAMES = (
    *("tls", "tlsverify", "tlscacert", "tlscert", "tlskey", "tlscrl", "engine-tlscrl"),
    *("engine-tls", "engine-tlsverify", "engine-tlscacert", "engine-tlscert", "engine-tlskey"),
    "no-engine-tls",
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def front(authority: Authority) -> Certificate:
    return authority.issue("front")


@pytest.fixture(scope="module")
def other(authority: Authority) -> Certificate:
    return authority.issue("other")


def options(**given: Any) -> dict[str, Any]:
    return dict.fromkeys(NAMES) | {name.replace("_", "-"): given[name] for name in given}


def files(certificate: Certificate, prefix: str = "") -> dict[str, str]:
    return {
        f"{prefix}tlscacert": str(certificate.ca),
        f"{prefix}tlscert": str(certificate.cert),
        f"{prefix}tlskey": str(certificate.key),
    }


def expected(certificate: Certificate, verify: bool) -> TlsFiles:
    return TlsFiles(str(certificate.ca), str(certificate.cert), str(certificate.key), verify)


def test_plain() -> None:
    assert listen_files(options()) is None
    assert engine_files(options()) is None


@pytest.mark.parametrize("mode", ["tls", "tlsverify"])
def test_one_set_serves_both_sides(front: Certificate, mode: str) -> None:
    given = options(**{mode: 1}, **files(front))
    assert listen_files(given) == expected(front, mode == "tlsverify")
    assert engine_files(given) == expected(front, mode == "tlsverify")


def test_engines_with_a_set_of_their_own(front: Certificate, other: Certificate) -> None:
    given = options(tlsverify=1, **files(front), **files(other, "engine-"))
    assert listen_files(given) == expected(front, True)
    assert engine_files(given) == expected(other, True)


def test_engines_that_differ_in_the_authority_only(front: Certificate, other: Certificate) -> None:
    given = options(tlsverify=1, **files(front), engine_tlscacert=str(other.ca))
    wanted = TlsFiles(str(other.ca), str(front.cert), str(front.key), True)
    assert engine_files(given) == wanted


def test_a_crl_goes_with_its_authority(
    authority: Authority, front: Certificate, other: Certificate
) -> None:
    crl = str(authority.revoke())
    given = options(tlsverify=1, **files(front), tlscrl=crl)
    assert [found and found.crl for found in (listen_files(given), engine_files(given))] == [
        crl
    ] * 2
    elsewhere = engine_files({**given, "engine-tlscacert": str(other.ca)})
    assert elsewhere and elsewhere.crl == ""
    own = engine_files({**given, "engine-tlscacert": str(other.ca), "engine-tlscrl": crl})
    assert own and own.crl == crl
    weaker = engine_files({**given, "engine-tls": 1})
    assert weaker and weaker.crl == ""


def test_engines_may_go_unverified(front: Certificate) -> None:
    given = options(tlsverify=1, **files(front), engine_tls=1)
    assert engine_files(given) == expected(front, False)


def test_tls_towards_engines_only(other: Certificate) -> None:
    given = options(engine_tlsverify=1, **files(other, "engine-"))
    assert listen_files(given) is None
    assert engine_files(given) == expected(other, True)


def test_engines_that_ask_for_no_certificate(other: Certificate) -> None:
    given = options(engine_tlsverify=1, engine_tlscacert=str(other.ca))
    assert engine_files(given) == TlsFiles(ca=str(other.ca), verify=True)


def test_plain_engines_behind_a_tls_front(front: Certificate) -> None:
    assert engine_files(options(tlsverify=1, **files(front), no_engine_tls=1)) is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"tlscacert": "x"}, "require the use of either --tls or --tlsverify"),
        ({"tls": 1}, "--tlscert and --tlskey must be provided when using --tls"),
        ({"tls": 1, "tlscert": "x"}, "--tlscert and --tlskey must be provided together"),
        ({"tlsverify": 1, "tlscert": "x", "tlskey": "y"}, "--tlscacert must be provided when"),
        ({"engine-tlscacert": "x"}, "require the use of either --engine-tls or --engine-tlsverify"),
        ({"engine-tlsverify": 1}, "--engine-tlscacert must be provided when"),
        ({"engine-tls": 1, "engine-tlskey": "x"}, "--engine-tlskey must be provided together"),
        ({"no-engine-tls": 1, "engine-tls": 1}, "--no-engine-tls contradicts"),
        ({"tlscrl": "x"}, "require the use of either --tls or --tlsverify"),
        ({"tls": 1, "tlscert": "x", "tlskey": "y", "tlscrl": "z"}, "--tlscrl requires"),
        ({"engine-tls": 1, "engine-tlscrl": "x"}, "--engine-tlscrl requires"),
        (
            {"tls": 1, "tlscert": "/no", "tlskey": "/no"},
            "cannot use TLS certificate /no: No such file",
        ),
    ],
)
def test_options_that_do_not_fit(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        engine_files(options(**given))


def test_a_key_of_another_certificate(front: Certificate, other: Certificate) -> None:
    with pytest.raises(ValueError, match=r"cannot use TLS key .*key.pem: it is not the key of "):
        check(TlsFiles(cert=str(front.cert), key=str(other.key)))


def test_files_that_are_no_pem(front: Certificate, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("junk")
    with pytest.raises(ValueError, match=r"cannot use TLS key .*junk: "):
        check(TlsFiles(cert=str(front.cert), key=str(junk)))
    with pytest.raises(ValueError, match=r"cannot use TLS CA certificate .*junk: "):
        check(TlsFiles(ca=str(junk)))


def test_an_encrypted_key_is_refused_without_asking(front: Certificate, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(front.key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(ValueError, match=r"cannot use TLS key .*locked.pem: "):
        check(TlsFiles(cert=str(front.cert), key=str(locked)))


def test_relative_paths_become_absolute(
    front: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(front.folder)
    given = options(tls=1, tlscert="cert.pem", tlskey="key.pem")
    assert listen_files(given) == TlsFiles(cert=str(front.cert), key=str(front.key))
