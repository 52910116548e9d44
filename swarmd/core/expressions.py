"""Scheduling expressions: ``zone==a``, ``node!=/^db/``, ``image==~redis*``.

``key OP value`` with ``==`` or ``!=``. A value that begins with ``~`` is soft: a wish, not a rule.
Between slashes it is a regular expression, found anywhere; otherwise a glob for the whole text.
The grammar is classic Swarm's (its reference, 5.1), without its bugs: keys of one letter, slashes
in keys, and commas and other printable characters in values are allowed; of the two operators the
leftmost counts; what does not parse is refused, where it may have matched nothing in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from swarmd.core.errors import BadParameter
from swarmd.core.pattern import PROGRAM, Pattern, PatternError, glob, regex
from swarmd.core.request.bounds import check_count

LIMIT = 4096  # characters of an expression
MOST, TOGETHER = 64, 8192  # expressions of one request, and their characters

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_OPERATOR = re.compile("==|!=")


@dataclass(frozen=True, slots=True)
class Expression:
    """A constraint or an affinity, as a condition on a value.

    ``value`` is without the ``~`` of a soft expression, with the slashes of a regexp.
    """

    key: str
    equal: bool
    value: str
    soft: bool
    pattern: Pattern

    @property
    def is_regex(self) -> bool:
        return _is_regex(self.value)

    def __str__(self) -> str:
        """Without the mark of a soft one, as classic Swarm shows constraints."""
        return f"{self.key}{'==' if self.equal else '!='}{self.value}"


def parse_expression(text: str) -> Expression:
    """Reads one expression.

    Raises:
        BadParameter: With the position, from 1, at which ``text`` is wrong, and why.
    """
    if len(text) > LIMIT:
        raise _refused(f"an expression is longer than {LIMIT} characters", LIMIT + 1, text)
    operator = _OPERATOR.search(text)
    if operator is None:
        raise _refused("One of operator ==, != is expected", len(text) + 1, text)
    key = _key(text, operator.start())
    raw = text[operator.end() :].strip()
    value = raw.lstrip("~")
    start = text.index(raw, operator.end()) + len(raw) - len(value)
    pattern = _pattern(text, value, start)
    return Expression(key, operator.group() == "==", value, value != raw, pattern)


def parse_expressions(texts: Iterable[str]) -> tuple[Expression, ...]:
    """Each as ``parse_expression`` reads it, in order; all that one request has.

    Raises:
        BadParameter: One is wrong, or together they are too many or too large.
    """
    given = tuple(texts)
    place, length = "the request", sum(map(len, given))
    check_count(len(given), MOST, place, "scheduling expressions")
    check_count(length, TOGETHER, place, "characters of scheduling expressions")
    found = tuple(map(parse_expression, given))
    size = sum(one.pattern.size for one in found)
    check_count(size, PROGRAM, place, "steps of patterns in its scheduling expressions")
    return found


def _key(text: str, end: int) -> str:
    key = text[:end].strip()
    valid = _KEY.match(key)
    if valid is None or valid.end() < len(key):
        position = text.index(key) + (valid.end() if valid else 0) + 1
        raise _refused(f"Key '{key}' is invalid", position, text)
    return key


def _pattern(text: str, value: str, start: int) -> Pattern:
    """``start`` is the index of ``value`` in ``text``."""
    if not value or value == "//":
        raise _refused(f"Value '{value}' is invalid: it is empty", start + 1, text)
    odd = next((i for i, letter in enumerate(value) if not letter.isprintable()), None)
    if odd is not None:
        raise _refused(f"Value {value!r} is invalid: control character", start + odd + 1, text)
    slash = 1 if _is_regex(value) else 0
    try:
        return regex(value[1:-1]) if slash else glob(value)
    except PatternError as error:
        position = start + slash + error.position
        raise _refused(f"Value '{value}' is invalid: {error.reason}", position, text) from None


def _is_regex(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] == "/"


def _refused(why: str, position: int, text: str) -> BadParameter:
    return BadParameter(f"{why} (position {position} of {text[:200]!r})")
