"""Globs and regular expressions given by users, matched in linear time.

RE2 has the semantics that users know from classic Swarm, and no pattern makes it slow. Length and
compiled size are bounded, so that no pattern makes it big either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import re2  # type: ignore[import-untyped]

LIMIT = 1024  # characters of a pattern
COMPILED_LIMIT = 1 << 20  # bytes
# Instructions of a compiled pattern, and of all of one request: at its worst RE2 follows all of
# them at each character of a candidate.
PROGRAM = 2048


class PatternError(ValueError):
    """A pattern that cannot be read; ``position`` is that of the offending character, from 1."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} at position {position}")
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern of bounded cost.

    ``exact`` is the only text that matches, None if there may be several.

    ``size`` is the number of RE2's instructions, 0 where it is not needed.
    """

    text: str
    exact: str | None
    matches: Callable[[str], bool] = field(compare=False, repr=False)
    size: int = field(default=0, compare=False, repr=False)


class Verdicts(dict[str, bool]):
    """A cache of what a pattern says of a text: node labels have few distinct values."""

    def __init__(self, pattern: Pattern) -> None:
        self._matches = pattern.matches

    def __missing__(self, text: str) -> bool:
        verdict = self[text] = self._matches(text)
        return verdict


def glob(text: str) -> Pattern:
    """The whole text, ``*`` standing for anything; every other character means itself.

    Classic Swarm left the others unescaped, so that "a.b" matched "axb" and "a|b" a prefix.
    """
    if "*" not in text:
        return Pattern(text, text, text.__eq__)
    if text.count("*") == 1 and len(text) <= LIMIT:
        return Pattern(text, None, _around(*text.split("*")))
    compiled = _compile("(?s)" + ".*".join(map(re2.escape, text.split("*"))), len(text))
    size = compiled.programsize
    return Pattern(text, None, lambda candidate: compiled.fullmatch(candidate) is not None, size)


def _around(head: str, tail: str) -> Callable[[str], bool]:
    """The usual glob, tried on every container's name: a tenth of what RE2 takes."""
    shortest = len(head) + len(tail)
    return lambda text: text.startswith(head) and text.endswith(tail) and len(text) >= shortest


def regex(text: str) -> Pattern:
    """RE2 syntax, found anywhere in the candidate; ``(?i)`` and the like work.

    Raises:
        PatternError: It does not compile or is too long; classic Swarm took it for "no match".
    """
    compiled = _compile(text, len(text))
    size = compiled.programsize
    return Pattern(text, None, lambda candidate: compiled.search(candidate) is not None, size)


def path_match(text: str) -> Pattern:
    """As Go's ``path.Match``, by which engines compare references: ``*`` and ``?`` stop at slashes,
    ``[a-z]`` and ``[^a-z]`` are one character, a backslash takes the next one as it is.

    Raises:
        PatternError: No engine could read it.
    """
    compiled = _compile("(?s)" + "".join(_path_parts(text)), len(text))
    size = compiled.programsize
    return Pattern(text, None, lambda candidate: compiled.fullmatch(candidate) is not None, size)


def _path_parts(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        if text[at] == "[":
            part, at = _path_class(text, at + 1)
            yield part
        elif text[at] in "*?":
            yield "[^/]*" if text[at] == "*" else "[^/]"
            at += 1
        else:
            char, at = _path_char(text, at, "")
            yield re2.escape(char)


def _path_class(text: str, at: int) -> tuple[str, int]:
    """A range that ends before it begins holds nothing."""
    negated = text[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[int, int]] = []
    while not ranges or text[at : at + 1] != "]":
        low, at = _path_char(text, at, "-]")
        high = low
        if text[at : at + 1] == "-":
            high, at = _path_char(text, at + 1, "-]")
        ranges.append((ord(low), ord(high)))
    held = "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in ranges if low <= high)
    if not held:
        return (r"[\x{0}-\x{10ffff}]" if negated else r"[^\x{0}-\x{10ffff}]"), at + 1
    return f"[{'^' * negated}{held}]", at + 1


def _path_char(text: str, at: int, forbidden: str) -> tuple[str, int]:
    """The character there, which a backslash may stand before, and where the next one is."""
    if text[at : at + 1] == "\\":
        forbidden, at = "", at + 1
    if at >= len(text) or text[at] in forbidden:
        raise PatternError("syntax error in pattern", at + 1)
    return text[at], at + 1


def _compile(source: str, length: int) -> re2._Regexp:
    if length > LIMIT:
        raise PatternError(f"longer than {LIMIT} characters", LIMIT + 1)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = COMPILED_LIMIT
    options.never_capture = True
    try:
        compiled = re2.compile(source, options)
    except re2.error as error:
        raise _explained(error, source) from None
    if compiled.programsize > PROGRAM:
        raise PatternError("pattern too large", 1)
    return compiled


def _explained(error: Exception, source: str) -> PatternError:
    """RE2 says "reason: the offending part"."""
    said = error.args[0]
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason, _, part = text.partition(": ")
    return PatternError(f"{reason}: {part}" if part else reason, max(source.find(part), 0) + 1)
