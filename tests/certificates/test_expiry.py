from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from swarmd.certificates import describe
from swarmd.certificates.expiry import (
    Expiry,
    ending,
    of_authority,
    of_certificate,
    of_revocations,
    warnings,
)
from swarmd.certificates.pem import revocations
from tests.lab.certificates import Authority

END = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = 86400.0
NOW = END.timestamp()


def test_thirty_days_ahead() -> None:
    one = Expiry("x", END)
    assert not one.is_near(NOW - 30 * DAY - 1)
    assert one.is_near(NOW - 30 * DAY)
    assert one.is_near(NOW + 1)


def test_in_words() -> None:
    for left, said in (
        (6.5 * DAY, "expires on 2026-06-01 12:00 UTC (in 6 days)"),
        (1.5 * DAY, "expires on 2026-06-01 12:00 UTC (in 36 hours)"),
        (100.0, "expires on 2026-06-01 12:00 UTC (in 0 hours)"),
        (0.0, "has expired on 2026-06-01 12:00 UTC"),
    ):
        assert ending(END, NOW - left) == said
    assert Expiry("this", END).warning(NOW) == "this has expired on 2026-06-01 12:00 UTC"


def test_the_earliest_comes_first_and_each_once() -> None:
    later = Expiry("b", END + timedelta(days=1))
    given = [later, Expiry("far", END + timedelta(days=99)), Expiry("a", END), later]
    assert [text[0] for text in warnings(given, NOW)] == ["a", "b"]


def test_of_what_is_on_disk(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    node = authority.issue("node").load()
    assert of_certificate(node, "mine:") == Expiry('mine: "CN=node"', node.not_valid_after_utc)
    (crl,) = revocations(authority.revoke(valid=timedelta(days=20)).read_bytes())
    assert of_authority(authority.certificate, "its") == Expiry(
        f"its {describe.authority(authority.certificate)}",
        authority.certificate.not_valid_after_utc,
    )
    found = of_revocations(crl, "the list", '"CN=lab-ca"')
    assert found is not None and found.what == 'the list of "CN=lab-ca"'
    assert found.notice == timedelta(days=20), "a quarter of its 80 days"
