from __future__ import annotations

import pytest

from swarmd.cli.table import size, table


def test_columns_are_aligned() -> None:
    rows = [("NAME", "STATUS"), ("a", "Healthy"), ("longer", "x")]
    assert table(rows) == "NAME     STATUS\na        Healthy\nlonger   x"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0B"), (1536, "1.5KiB"), (8 << 30, "8GiB"), (2 << 40, "2TiB")]
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text
