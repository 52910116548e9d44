"""Files that cannot be used are named, and change nothing when they come later."""

from __future__ import annotations

import datetime
import os
import shutil
from pathlib import Path

import pytest

from swarmd.certificates import describe, pem
from swarmd.cli.keys.certs import run as run_certs
from swarmd.tls.trust import (
    ClientTls,
    TlsFiles,
    Trust,
    client_options,
    client_trust,
    server_trust,
)
from tests.lab.certificates import Authority, Certificate, encrypted, server_options


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
    authority: Authority, node: Certificate, tmp_path: Path
) -> None:
    forged = Authority(tmp_path / "forged").revoke()
    said = refusal(files(node, crl=str(forged)))
    ca = describe.authority(authority.certificate)
    assert f'is not signed by our CA, {ca}, but by another called "CN=lab-ca"' in said


def test_files_without_end_are_refused(node: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmd.tls.trust.LARGEST_FILE", 100)
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
    crl, ca = authority.revoke(), describe.authority(authority.certificate)
    trust = server_trust(files(node, crl=str(crl)))
    trust.read()
    ends = {one.what: one.not_after for one in trust.current.expiries}
    assert list(ends) == [
        f'TLS certificate {node.cert}: "CN=node"',
        f'TLS certificate {node.cert}: "CN=below"',
        f"CA certificate {node.ca}: {ca}",
        f"CRL {crl}: the list of {ca}",
    ]
    assert ends[f'TLS certificate {node.cert}: "CN=node"'] == node.load().not_valid_after_utc


def test_it_knows_who_was_revoked(authority: Authority, node: Certificate) -> None:
    trust = server_trust(files(node, crl=str(authority.revoke(node))))
    trust.read()
    assert trust.current.authorities.revokes([node.load()])
    assert not trust.current.authorities.revokes([authority.issue("other").load()])


class TestTheListBesideTheCa:
    """It counts without being named, and from then on it must be there."""

    def trust(self, node: Certificate, **other: object) -> Trust:
        trust = server_trust(files(node, **other))
        trust.read()
        return trust

    def test_it_is_taken(self, authority: Authority, node: Certificate) -> None:
        trust = self.trust(node)
        assert trust.current.files.crl == "" and trust.current.authorities.crls == ()
        beside = node.folder / "crl.pem"
        assert trust.files.beside == str(beside) and str(beside) in trust.files.paths
        shutil.copy(authority.revoke(node), beside)
        for each in (trust, client_trust(files(node))):
            each.read()
            assert each.current.files.crl == str(beside)
            assert each.current.authorities.revokes([node.load()])

    def test_one_that_is_named_goes_before(self, authority: Authority, node: Certificate) -> None:
        (node.folder / "crl.pem").write_text("nothing")
        crl = str(authority.revoke())
        assert self.trust(node, crl=crl).current.files.crl == crl

    def test_nor_where_nobody_is_judged(self, node: Certificate) -> None:
        (node.folder / "crl.pem").write_text("nothing")
        assert not self.trust(node, verify=False).current.authorities.crls
        client_trust(files(node, ca="")).read()

    @pytest.mark.parametrize("what", ["nothing", "pipe", "folder", "forged"])
    def test_what_cannot_be_used_is_refused(
        self, node: Certificate, tmp_path: Path, what: str
    ) -> None:
        beside = node.folder / "crl.pem"
        if what == "pipe":
            os.mkfifo(beside)
        elif what == "folder":
            beside.mkdir()
        elif what == "forged":
            shutil.copy(Authority(tmp_path / "forged").revoke(), beside)
        else:
            beside.write_text("nothing")
        assert f"cannot use TLS CRL {beside}: " in refusal(files(node))

    def test_one_that_vanishes_opens_nothing(self, authority: Authority, node: Certificate) -> None:
        beside = node.folder / "crl.pem"
        shutil.copy(authority.revoke(node), beside)
        trust = self.trust(node)
        beside.unlink()
        with pytest.raises(ValueError, match=r"crl\.pem: No such file"):
            trust.read()
        assert trust.current.authorities.revokes([node.load()])

    def test_nor_one_that_could_never_be_read(
        self, authority: Authority, node: Certificate
    ) -> None:
        beside = node.folder / "crl.pem"
        beside.write_text("nothing")
        trust = server_trust(files(node))
        for _ in range(2):
            with pytest.raises(ValueError, match="crl"):
                trust.read()
            assert trust.loaded is None
            beside.unlink(missing_ok=True)
        shutil.copy(authority.revoke(), beside)
        trust.read()
        assert trust.current.authorities.crls

    def test_a_link_that_leads_nowhere_is_none(self, node: Certificate) -> None:
        (node.folder / "crl.pem").symlink_to("elsewhere")
        assert not self.trust(node).current.authorities.crls

    def test_that_there_is_none_is_told_of_cas_that_have_one(self, tmp_path: Path) -> None:
        certs(str(tmp_path), "swarmd=cloud")
        cloud = Certificate(tmp_path / "cloud")
        assert self.trust(cloud).current.remarks == ()
        (cloud.folder / "crl.pem").unlink()
        (remark,) = self.trust(cloud).current.remarks
        assert describe.authority(pem.certificates(cloud.ca.read_bytes())[0]) in remark
        assert f"there is no {cloud.folder}/crl.pem" in remark
        assert self.trust(cloud, verify=False).current.remarks == ()


def certs(*args: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run_certs(args)
    assert not ended.value.code
