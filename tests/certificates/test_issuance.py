from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from swarmd.certificates import pem
from swarmd.certificates.issuance import (
    issued_by,
    key_id,
    latest,
    lists_of,
    may_sign,
    number,
    own_key_id,
    public_key,
    signed_by,
)
from tests.lab.certificates import Authority

DAY = timedelta(days=1)


@pytest.fixture
def one(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "1")


@pytest.fixture
def namesake(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "2", key_ids=False)


def crl(authority: Authority, **how: object) -> x509.CertificateRevocationList:
    return pem.revocations(authority.revoke(**how).read_bytes())[0]  # type: ignore[arg-type]


def test_it_is_told_by_the_key(one: Authority, namesake: Authority, tmp_path: Path) -> None:
    user, mine, its = one.issue("user").load(), crl(one), crl(namesake)
    assert issued_by(user, one.certificate) and not issued_by(user, namesake.certificate)
    assert signed_by(mine, one.certificate) and not signed_by(mine, namesake.certificate)
    assert lists_of([its, mine], one.certificate) == [mine]
    renewed = Authority(tmp_path / "3", renews=one).certificate
    assert issued_by(user, renewed) and public_key(renewed) == public_key(one.certificate)
    assert public_key(namesake.certificate) != public_key(one.certificate)


def test_what_says_who_signed_it(one: Authority, namesake: Authority) -> None:
    own = own_key_id(one.certificate).key_identifier
    assert own and key_id(one.issue("user").load()) == own == key_id(crl(one, key_id=True))
    assert key_id(namesake.issue("user").load()) == b"" == key_id(crl(one))
    assert own_key_id(namesake.certificate).key_identifier


def test_what_a_ca_may_sign(one: Authority, tmp_path: Path) -> None:
    strict = Authority(tmp_path / "3", path_length=1).certificate
    assert [may_sign(strict, depth) for depth in (0, 1, 2)] == [True, True, False]
    assert may_sign(one.certificate, 9)
    user = one.issue("user").load()
    assert not may_sign(user, 0), "it has a purpose of its own"


def test_the_last_list_counts(one: Authority) -> None:
    old = crl(one, since=-3 * DAY, number=9)
    new = crl(one, since=-2 * DAY, number=4)
    newer = crl(one, since=-2 * DAY, number=5)
    longer = crl(one, since=-2 * DAY, number=None)
    assert number(newer) == 5 and number(longer) == -1
    assert latest([]) == []
    for order in ([old, new, newer, longer], [longer, newer, old, new]):
        assert latest(order) == [newer]


def test_lists_of_other_scopes_displace_none(one: Authority) -> None:
    whole = crl(one, since=-3 * DAY)
    users = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    for extension in (users, x509.DeltaCRLIndicator(1)):
        part = crl(one, since=-2 * DAY, extension=extension)
        assert latest([whole, part]) == [whole, part]
        assert latest([part, whole]) == [part, whole]


def test_kinds_of_keys_that_are_not_known(one: Authority) -> None:
    class Strange:
        tbs_certificate_bytes = b"strange"

        def public_key(self) -> None:
            raise UnsupportedAlgorithm("of a strange kind")

    strange: x509.Certificate = Strange()  # type: ignore[assignment]
    assert not signed_by(crl(one), strange)
    assert public_key(strange) == b"strange"
