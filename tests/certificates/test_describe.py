from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from swarmd.certificates.describe import cut, issuer, listed, moment, names, subject
from tests.lab.certificates import Authority


def test_who_it_is(tmp_path: Path) -> None:
    node = Authority(tmp_path).issue("node", ["node", "10.0.0.1", "fd00::1"]).load()
    assert (subject(node), issuer(node)) == ('"CN=node"', '"CN=lab-ca"')
    assert names(node) == ["node", "10.0.0.1", "fd00::1"]
    assert names(Authority(tmp_path).issue("bare").load()) == []


def test_strangers_cannot_fill_the_log(tmp_path: Path) -> None:
    assert cut("a\nb\x1b[31m") == "a?b?[31m"
    assert len(cut("x" * 5000)) == 100
    assert listed([str(number) for number in range(1000)]).endswith(", 19 and 980 more")
    assert listed([]) == "no name at all"


def test_moments() -> None:
    assert moment(datetime(2026, 5, 1, 9, 3, tzinfo=UTC)) == "2026-05-01 09:03 UTC"
