from __future__ import annotations

from pathlib import Path

import pytest
from OpenSSL import SSL

from swarmd.tls.tls_errors import of_client, of_engine, openssl_words
from tests.lab.certificates import Authority


def tls(*reasons: str) -> SSL.Error:
    return SSL.Error([("SSL routines", "", reason) for reason in reasons])


def test_raw_words() -> None:
    assert openssl_words(tls("a", "b", "a", "")) == "a; b"
    assert openssl_words(SSL.SysCallError(-1, "Unexpected EOF")) == ""
    assert openssl_words(SSL.Error()) == ""


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("wrong version number", "it does not speak TLS; is its port the plain one?"),
        ("sslv3 alert certificate revoked", "our client certificate was revoked"),
        ("anything", "TLS: anything"),
    ],
)
def test_engines(reason: str, said: str) -> None:
    assert of_engine(tls(reason)) == said


def test_clients_that_refuse_us_are_told_with_what_they_saw(tmp_path: Path) -> None:
    ours = Authority(tmp_path).issue("front", ["cloud", "192.0.2.1"]).load()
    seen = '"CN=front", issued by "CN=lab-ca", for cloud, 192.0.2.1'
    for reason, said in (
        ("tlsv1 alert unknown ca", f"it does not trust the CA of our certificate {seen}"),
        ("sslv3 alert bad certificate", f"it refuses our certificate {seen}"),
    ):
        assert of_client(tls(reason), [ours]) == said
    assert of_client(tls("tlsv1 alert unknown ca"), []).endswith("our certificate ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (tls("unsupported protocol"), "it speaks no TLS version that we accept (1.2 or newer)"),
        (tls("something new"), "TLS: something new"),
        (SSL.SysCallError(-1, "Unexpected EOF"), "TLS: connection lost"),
        (None, "it hung up during the TLS handshake"),
        (OSError("reset"), "it hung up during the TLS handshake"),
    ],
)
def test_clients(error: BaseException | None, said: str) -> None:
    assert of_client(error, []) == said
