"""Rows of text under headings, aligned as ``docker`` prints them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.cli.terminal.colour import coloured
from swarmd.core.printable import printable

_GAP = 3


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first row holds the headings; the last column is not padded.

    Words of states have their colours, on a terminal.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) + _GAP for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """A colour has no width."""
    used = max((number for number, cell in enumerate(row) if cell), default=-1)
    gaps = (" " * (width - len(cell)) for cell, width in zip(row, widths, strict=True))
    cells = [coloured(cell) + gap for cell, gap in zip(row, gaps, strict=True)]
    return "".join([*cells[:used], coloured(row[used])] if used >= 0 else [])
