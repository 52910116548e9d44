"""Reading TOML: the library's reader, guarded, with a place for each of its errors."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from swarmd.core.toml.statements import Spot, statements

# The TOML reader takes a time that grows with the square of a key's parts; none of ours has many.
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP_KEY = re.compile(rf"""(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{16}}""")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class TomlError(ValueError):
    """A mistake in a TOML file, with its place.

    Attributes:
        reason: What is wrong, in words.
    """

    def __init__(self, reason: str, spot: Spot) -> None:
        super().__init__(f"line {spot.line}, column {spot.column}: {reason}")
        self.reason = reason
        self.spot = spot


def load_toml(text: str) -> dict[str, Any]:
    """Raises TomlError, or RecursionError for what is nested too deeply."""
    deep = _DEEP_KEY.search(text)
    if deep:
        spot = _spot(text, deep.start())
        raise TomlError("a key of so many parts means nothing here", spot)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _placed(text, str(error)) from None


def _placed(text: str, words: str) -> TomlError:
    """The reader names the end of what it took; of a key that comes again, that is too late."""
    if words.startswith("Cannot overwrite a value"):
        seen = dict[tuple[str, ...], Spot]()
        for one in statements(text):
            if one.path in seen and not one.table:
                return TomlError(
                    f"{'.'.join(one.path)} is given twice, before in line {seen[one.path].line}",
                    one.key,
                )
            seen.setdefault(one.path, one.key)
    place = _PLACE.search(words)
    reason = words[: place.start()] if place else words
    if place and place[1]:
        return TomlError(reason, Spot(int(place[1]), int(place[2])))
    return TomlError(f"{reason}: the file ends too early", _spot(text, len(text.rstrip())))


def _spot(text: str, at: int) -> Spot:
    return Spot(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
