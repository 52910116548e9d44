from __future__ import annotations

from swarmd.cli.terminal.table import table


def test_columns_are_aligned() -> None:
    rows = [("NAME", "STATUS"), ("a", "Healthy"), ("longer", "x")]
    assert table(rows) == "NAME     STATUS\na        Healthy\nlonger   x"
