from __future__ import annotations

from pathlib import Path

from swarmd.certificates import pem
from swarmd.certificates.describe import authority
from swarmd.tls.authorities import Authorities
from swarmd.tls.file_warnings import expiries, remarks
from tests.lab.certificates import Authority


def lists(*cas: Authority) -> list[object]:
    return [crl for ca in cas for crl in pem.revocations(ca.revoke().read_bytes())]


def test_each_ca_is_told_by_its_fingerprint(tmp_path: Path) -> None:
    both = [Authority(tmp_path / each, key_ids=False) for each in ("old", "new")]
    ours = Authorities([ca.certificate for ca in both], lists(*both))  # type: ignore[arg-type]
    ends = [one.what for one in expiries("ca.pem", "cert.pem", "crl.pem", ours, [])]
    shown = [authority(ca.certificate) for ca in both]
    assert ends == [
        *(f"CA certificate ca.pem: {each}" for each in shown),
        *(f"CRL crl.pem: the list of {each}" for each in shown),
    ]


def test_the_cas_of_the_whole_world_are_not_watched(tmp_path: Path) -> None:
    many = [Authority(tmp_path / str(each), str(each)).certificate for each in range(11)]
    assert list(expiries("ca.pem", "cert.pem", "", Authorities(many), [])) == []


def test_a_root_whose_cas_have_lists_needs_none(tmp_path: Path) -> None:
    root = Authority(tmp_path, "root")
    below = Authority(tmp_path, "below", above=root)
    ours = Authorities([root.certificate], lists(below))  # type: ignore[arg-type]
    chain = pem.certificates(below.issue("node").cert.read_bytes())
    assert list(remarks("ca.pem", "crl.pem", "", ours, chain)) == []
    (remark,) = remarks("ca.pem", "crl.pem", "", ours, chain[:1])
    assert f"no list of {authority(root.certificate)}" in remark


def test_that_there_is_no_list_is_said_of_our_own_cas_alone(tmp_path: Path) -> None:
    strange, ours = Authority(tmp_path), Authority(tmp_path, "swarmd fleet CA 2026")
    for ca, said in ((strange, 0), (ours, 1)):
        found = Authorities([ca.certificate])
        assert len(list(remarks("ca.pem", "", "/x/crl.pem", found, []))) == said
        assert list(remarks("ca.pem", "", "", found, [])) == []
