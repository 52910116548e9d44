"""Words from outside, for a log or a terminal: what would act there is shown instead."""

from __future__ import annotations

import json
from typing import Any

import orjson


def printable(text: str) -> str:
    """One line: control characters, line ends, marks that turn the direction, and the like escaped.

    Names of containers, of certificates and of users, and what engines say, come from strangers.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def in_one_line(text: str) -> str:
    """What was written as lines, as those of a refusal are, where only one may stand."""
    lines = [stripped for line in text.splitlines() if (stripped := line.strip())]
    return "; ".join(lines).replace("; [", " [")


def _escaped(char: str) -> str:
    """As Python writes it: ``\\x1b``, ``\\n``, ``\\u202e``."""
    return repr(char)[1:-1]


def json_line(record: dict[str, Any]) -> bytes:
    """A line of JSON, with all that acts on a terminal escaped: U+009B and U+202E, too.

    What is no Unicode text, JSON cannot have: it is shown as ``\\xff``.
    """
    try:
        text = orjson.dumps(record).decode()
    except (TypeError, ValueError):
        text = json.dumps(record, separators=(",", ":"))
    if not text.isprintable():
        text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    return text.encode() + b"\n"
