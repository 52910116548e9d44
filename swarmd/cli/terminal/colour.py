"""Colours, on terminals only; ``NO_COLOR`` (any value) takes them away."""

from __future__ import annotations

import os
import sys
from enum import IntEnum

from swarmd.cli.terminal.progress_bar import is_screen


class Colour(IntEnum):
    """What a colour says; the number is the terminal's."""

    BAD = 31
    GOOD = 32
    DOUBTFUL = 33


COLOURS = {
    **dict.fromkeys(("Healthy", "ok"), Colour.GOOD),
    **dict.fromkeys(("Unhealthy", "error", "failed"), Colour.BAD),
    **dict.fromkeys(("Pending", "cordoned", "draining", "warning", "stays"), Colour.DOUBTFUL),
}
"""Words of states that have one."""


def has_colours() -> bool:
    return is_screen(sys.stdout) and not os.environ.get("NO_COLOR")


def coloured(text: str, word: str | None = None) -> str:
    """``text`` in the colour of ``word``, or of itself, where there are colours and it has one."""
    colour = COLOURS.get((text if word is None else word).strip())
    if colour is None or not has_colours():
        return text
    return f"\x1b[{colour.value}m{text}\x1b[0m"
