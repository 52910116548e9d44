"""Rows of text under headings, aligned as ``docker`` prints them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.printable import printable

_GAP = 3


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first row holds the headings; the last column is not padded."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) + _GAP for column in zip(*rows, strict=True)]
    lines = ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    return "\n".join(lines)
