"""Files that cannot be used are named, and change nothing when they come later."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from swarmd.streams.trust import (
    ClientTls,
    TlsFiles,
    client_options,
    client_trust,
    server_options,
    server_trust,
)
from tests.lab.certificates import Authority, Certificate, encrypted


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def node(authority: Authority) -> Certificate:
    return authority.issue("node", ["node"])


def files(of: Certificate, **other: object) -> TlsFiles:
    paths = {"ca": str(of.ca), "cert": str(of.cert), "key": str(of.key)}
    return TlsFiles(**{**paths, "verify": True, **other})  # type: ignore[arg-type]


def refusal(wrong: TlsFiles) -> str:
    said = []
    for trust in (client_trust(wrong), server_trust(wrong)):
        with pytest.raises(ValueError) as caught:
            trust.read()
        assert str(caught.value) == trust.problem and trust.loaded is None
        said.append(trust.problem)
    assert said[0] == said[1]
    return said[0]


def test_good_files(node: Certificate) -> None:
    for verify in (True, False):
        trust = client_trust(files(node, verify=verify))
        trust.read()
        assert trust.loaded and not trust.problem
        assert server_options(str(node.ca), str(node.cert), str(node.key), verify)
    assert isinstance(client_options("node", str(node.ca), "", "", True), ClientTls)
    client_options("node", "", "", "", True)  # the system's CAs


def test_missing_files_are_named(node: Certificate) -> None:
    for kind, name in (("ca", "CA certificate"), ("cert", "certificate"), ("key", "key")):
        said = refusal(files(node, **{kind: "/no/file.pem"}))
        assert said == f"cannot use TLS {name} /no/file.pem: No such file or directory"


def test_garbage_is_named(node: Certificate, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    for text in ("nothing", "-----BEGIN CERTIFICATE-----\nx", "-----BEGIN PRIVATE KEY-----\nx"):
        garbage.write_text(text)
        for kind in ("ca", "cert", "key", "crl"):
            said = refusal(files(node, **{kind: str(garbage)}))
            assert "garbage.pem: it holds " in said, said


def test_a_file_for_another_is_told(node: Certificate) -> None:
    assert refusal(files(node, key=str(node.cert))).endswith(
        "it holds no PEM private key, but: certificate"
    )
    assert "but: private key" in refusal(files(node, cert=str(node.key)))
    assert "but: certificate" in refusal(files(node, crl=str(node.ca)))


def test_a_key_of_another_certificate_is_named(node: Certificate, authority: Authority) -> None:
    other = authority.issue("other")
    said = refusal(files(node, key=str(other.key)))
    assert said == f"cannot use TLS key {other.key}: it is not the key of {node.cert}"


def test_an_encrypted_key_is_refused_without_asking(node: Certificate) -> None:
    assert "locked.pem: it is encrypted" in refusal(files(node, key=str(encrypted(node))))


def test_a_list_of_another_authority_with_our_name_is_refused(
    node: Certificate, tmp_path: Path
) -> None:
    forged = Authority(tmp_path / "forged").revoke()
    assert "is not signed by our CA, but by another called" in refusal(files(node, crl=str(forged)))


def test_files_without_end_are_refused(node: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmd.streams.trust.LARGEST_FILE", 100)
    assert "is larger than" in refusal(files(node))


def test_a_pipe_does_not_make_us_wait(node: Certificate, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(files(node, ca=str(tmp_path / "pipe"))).endswith("it is no regular file")


def test_what_was_read_stays_until_something_better_can_be(
    node: Certificate, authority: Authority
) -> None:
    trust = server_trust(files(node))
    trust.read()
    first = trust.current
    key = node.key.read_bytes()
    node.key.write_text("half a ke")
    with pytest.raises(ValueError, match=r"key\.pem"):
        trust.read()
    assert trust.current is first and "key.pem" in trust.problem
    node.key.write_bytes(key)
    trust.read()
    assert trust.current is not first and not trust.problem


def test_nothing_can_be_done_with_what_was_never_read(node: Certificate) -> None:
    trust = client_trust(files(node, ca="/no"))
    with pytest.raises(ValueError, match="not read"):
        ClientTls(trust, "node").check()


def test_it_knows_what_ends_when(authority: Authority, tmp_path: Path) -> None:
    below = Authority(tmp_path, "below", above=authority)
    node = below.issue("node", valid=datetime.timedelta(days=3))
    crl = authority.revoke()
    trust = server_trust(files(node, crl=str(crl)))
    trust.read()
    ends = {one.what: one.not_after for one in trust.current.expiries}
    assert list(ends) == [
        f'TLS certificate {node.cert}: "CN=node"',
        f'TLS certificate {node.cert}: "CN=below"',
        f'CA certificate {node.ca}: "CN=lab-ca"',
        f'CRL {crl}: the list of "CN=lab-ca"',
    ]
    assert ends[f'TLS certificate {node.cert}: "CN=node"'] == node.load().not_valid_after_utc


def test_it_knows_who_was_revoked(authority: Authority, node: Certificate) -> None:
    trust = server_trust(files(node, crl=str(authority.revoke(node))))
    trust.read()
    assert trust.current.revokes([node.load()])
    assert not trust.current.revokes([authority.issue("other").load()])
