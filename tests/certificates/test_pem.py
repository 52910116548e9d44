from __future__ import annotations

import contextlib
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from swarmd.certificates.pem import belongs, certificates, private_key, revocations
from tests.lab.certificates import Authority, encrypted


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_chain_keeps_its_order(tmp_path: Path, authority: Authority) -> None:
    node = Authority(tmp_path, "below", above=authority).issue("node")
    found = certificates(b"# a comment\n" + node.cert.read_bytes())
    assert [one.subject.rfc4514_string() for one in found] == ["CN=node", "CN=below"]


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_a_key_belongs_to_one_certificate(authority: Authority, kind: str) -> None:
    one, two = authority.issue("one", kind=kind), authority.issue("two", kind=kind)
    key = private_key(one.key.read_bytes())
    assert belongs(key, one.load())
    assert not belongs(key, two.load())


def test_encrypted_keys(authority: Authority) -> None:
    with pytest.raises(ValueError, match="it is encrypted, and swarmd asks for no passphrase"):
        private_key(encrypted(authority.issue("node")).read_bytes())


def test_lists_of_several_authorities_in_one_file(tmp_path: Path, authority: Authority) -> None:
    other = Authority(tmp_path, "other").revoke().read_bytes()
    mine = authority.revoke().read_bytes()
    found = revocations(b"noise\n" + mine + other)
    assert [one.issuer.rfc4514_string() for one in found] == ["CN=lab-ca", "CN=other"]
    (again,) = revocations(found[0].public_bytes(Encoding.DER))
    assert again == found[0]


@pytest.mark.parametrize("parse", [certificates, private_key, revocations])
def test_what_is_damaged_shows_nothing_of_itself(parse: object) -> None:
    for kind in (b"CERTIFICATE", b"EC PRIVATE KEY", b"X509 CRL"):
        data = b"-----BEGIN %b-----\nc2VjcmV0\n-----END %b-----\n" % (kind, kind)
        with pytest.raises(ValueError, match="it holds ") as caught:
            parse(data)  # type: ignore[operator]
        assert "c2VjcmV0" not in str(caught.value) and "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
    with pytest.raises(ValueError, match="it holds "):
        parse(b"")  # type: ignore[operator]


@given(st.binary(max_size=300), st.sampled_from(["CERTIFICATE", "PRIVATE KEY", "X509 CRL"]))
def test_no_file_is_more_than_refused(junk: bytes, kind: str) -> None:
    wrapped = f"-----BEGIN {kind}-----\n{b64encode(junk).decode()}\n-----END {kind}-----\n"
    for parse in (certificates, private_key, revocations):
        for data in (junk, wrapped.encode()):
            with contextlib.suppress(ValueError):
                parse(data)


def test_kinds_of_keys_that_are_not_known(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = authority.issue("node")

    class Strange:
        def public_key(self) -> None:
            raise UnsupportedAlgorithm("of a strange kind")

    strange: x509.Certificate = Strange()  # type: ignore[assignment]
    assert not belongs(private_key(node.key.read_bytes()), strange)


@pytest.mark.parametrize("read", [certificates, private_key, revocations])
def test_beginnings_without_an_end_take_no_longer_than_they_are(
    read: Callable[[bytes], object],
) -> None:
    began = time.process_time()
    for kind in (b"CERTIFICATE", b"PRIVATE KEY", b"X509 CRL"):
        with pytest.raises(ValueError, match="it holds"):
            read(b"-----BEGIN %s-----\n" % kind * 200_000)
    assert time.process_time() - began < 2
