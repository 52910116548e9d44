"""Where the keys and values of a TOML document stand, which the library's reader does not say.

Made for documents that the reader has accepted, or stopped in: what is no statement ends the walk.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_PART = re.compile(r"""[A-Za-z0-9_-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+'""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})'''
    r"""|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+\'""",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^\n#]*+")
_INSIDE = re.compile(r"""[^\[\]{},"'#]++""")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file, counted from 1, columns in characters."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One key with its value, or the head of a table.

    Attributes:
        path: All parts of the key, those of its table before it.
        table: It is the head of a table.
        value: Where its value begins.
        items: Where the items of its value begin, if that is an array.
    """

    path: tuple[str, ...]
    table: bool
    key: Spot
    value: Spot
    items: tuple[Spot, ...] = ()


def statements(text: str) -> Iterator[Statement]:
    """Those of ``text``, in its order."""
    text = text.replace("\r\n", "\n")
    spots, inside = _Spots(text), tuple[str, ...]()
    at = _after(_BLANK, text, 0)
    while at < len(text):
        begun, table = at, text[at] == "["
        if table:
            at += 1 + text.startswith("[[", at)
        path, at = _key(text, at)
        if not path:
            return
        if table:
            inside = path
            yield Statement(path, True, spots(begun), spots(begun))
            at = text.find("\n", at)
            at = len(text) if at < 0 else at
        else:
            start = _after(_SPACE, text, at + 1)  # what is passed over is "="
            at, items = _value(text, start)
            yield Statement(
                inside + path, False, spots(begun), spots(start), tuple(map(spots, items))
            )
        at = _after(_BLANK, text, at)


class _Spots:
    """From offsets, which only grow, to lines and columns."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._begin = 1, 0

    def __call__(self, at: int) -> Spot:
        while 0 <= (end := self._text.find("\n", self._begin)) < at:
            self._line, self._begin = self._line + 1, end + 1
        return Spot(self._line, at - self._begin + 1)


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _key(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """The parts of a key and where it ends, the space behind it passed over."""
    parts: list[str] = []
    while part := _PART.match(text, _after(_SPACE, text, at)):
        parts.append(_name(part[0]))
        at = _after(_SPACE, text, part.end())
        if not text.startswith(".", at):
            break
        at += 1
    return tuple(parts), at


def _name(part: str) -> str:
    if part[0] not in "\"'":
        return part
    try:
        return str(tomllib.loads(f"name = {part}")["name"])
    except tomllib.TOMLDecodeError:
        return part


def _value(text: str, at: int) -> tuple[int, list[int]]:
    """Where the value at ``at`` ends, and where its items begin."""
    if string := _STRING.match(text, at):
        return string.end(), []
    if text[at : at + 1] not in ("[", "{"):
        return _after(_PLAIN, text, at), []
    return _brackets(text, at)


def _brackets(text: str, at: int) -> tuple[int, list[int]]:
    items: list[int] = []
    depth, array = 0, text[at] == "["
    while at < len(text):
        letter = text[at]
        if letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        if depth == 0:
            return at + 1, items
        at = _next(text, at)
        if array and depth == 1 and letter in "[,":
            at = _after(_BLANK, text, at)
            if at < len(text) and text[at] not in "],":
                items.append(at)
    return at, items


def _next(text: str, at: int) -> int:
    """Behind the string, the comment, the bracket, the comma or the run of others at ``at``."""
    if text[at] == "#":
        return _after(_BLANK, text, at)
    for pattern in (_STRING, _INSIDE):
        if found := pattern.match(text, at):
            return found.end()
    return at + 1
