"""A line of progress at the bottom of a terminal, below what is printed; nothing elsewhere.

A library for this (rich, tqdm) is more than all our other dependencies of commands: one line, drawn
anew over itself, is what is needed.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from swarmd.core.printable import printable

_CLEAR = "\r\x1b[K"
_WIDTH = 24  # of the bar itself
_FALLBACK = 80  # columns, where the terminal does not say


def is_screen(stream: TextIO) -> bool:
    """Whether what is printed there may move and have colours at all."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


class ProgressBar:
    """How many of ``total`` are done, and which is under way.

    Args:
        screen: A terminal; None draws nothing, and lines are printed as they are.
    """

    def __init__(self, total: int, screen: TextIO | None) -> None:
        self._total = total
        self._done = 0
        self._under_way: dict[str, None] = {}
        self._screen = screen

    @classmethod
    def on_stdout(cls, total: int, *, quiet: bool = False) -> ProgressBar:
        drawn = not quiet and is_screen(sys.stdout)
        return cls(total, sys.stdout if drawn else None)

    def print(self, line: str) -> None:
        """Above the bar."""
        if self._screen is None:
            print(line, flush=True)
        else:
            self._screen.write(f"{_CLEAR}{line}\n{self._drawn()}")
            self._screen.flush()

    def expect(self, total: int) -> None:
        self._total = total

    def advance(self, name: str, *, done: bool) -> None:
        if done:
            self._done += 1
            self._under_way.pop(name, None)
        else:
            self._under_way[name] = None
        if self._screen is not None:
            self._screen.write(_CLEAR + self._drawn())
            self._screen.flush()

    def close(self) -> None:
        """Takes the bar away."""
        if self._screen is not None:
            self._screen.write(_CLEAR)
            self._screen.flush()

    def _drawn(self) -> str:
        """Never wider than the terminal: what wraps is not drawn over."""
        total = max(self._total, self._done)
        if not total:
            return ""
        full = _WIDTH * self._done // total
        names = printable(", ".join(self._under_way))
        text = f"[{'#' * full}{'.' * (_WIDTH - full)}] {self._done}/{total} {names}"
        return text[: _columns() - 1]


def _columns() -> int:
    try:
        return max(2, os.get_terminal_size(sys.stdout.fileno()).columns or _FALLBACK)
    except (OSError, ValueError):
        return _FALLBACK
