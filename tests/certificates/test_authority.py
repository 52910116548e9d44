from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from swarmd.certificates.authority import LIFE, Authority, Wanted, new_authority, new_key
from swarmd.certificates.describe import names

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ENGINE = Wanted("engine", ("node-1", "10.0.0.1", "::1"))


@pytest.fixture
def authority() -> Authority:
    key = new_key()
    return Authority(new_authority(key, NOW), key)


def test_what_it_signs_is_its_own_and_for_what_was_wanted(authority: Authority) -> None:
    signed = authority.sign(ENGINE, new_key().public_key(), NOW, 10 * DAY)
    assert names(signed) == ["node-1", "10.0.0.1", "::1"]
    assert signed.not_valid_before_utc < NOW
    assert signed.not_valid_after_utc == NOW + 10 * DAY
    assert authority.fits(signed, ENGINE)
    for other in (Wanted("swarmd", ENGINE.names), Wanted("engine", ("node-1",))):
        assert not authority.fits(signed, other)
    key = new_key()
    assert not Authority(new_authority(key, NOW), key).fits(signed, ENGINE)


def test_a_client_has_no_alternative_names(authority: Authority) -> None:
    wanted = Wanted("client", ("alice",))
    signed = authority.sign(wanted, new_key().public_key(), NOW, 2 * LIFE)
    assert names(signed) == [] and authority.fits(signed, wanted)
    assert signed.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_what_was_revoked_stays_revoked(authority: Authority) -> None:
    first = authority.revoke(None, [5], NOW)
    second = authority.revoke(first, [7], NOW + DAY)
    assert [one.serial_number for one in second] == [5, 7]
    assert second.is_signature_valid(authority.certificate.public_key())  # type: ignore[arg-type]
    assert isinstance(second, x509.CertificateRevocationList)
