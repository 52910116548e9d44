"""Words from outside, for a log or a terminal: what would act there is shown instead."""

from __future__ import annotations


def printable(text: str) -> str:
    """One line: control characters, line ends, marks that turn the direction, and the like escaped.

    Names of containers, of certificates and of users, and what engines say, come from strangers.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    """As Python writes it: ``\\x1b``, ``\\n``, ``\\u202e``."""
    return repr(char)[1:-1]
