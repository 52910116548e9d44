"""Query strings, read as engines read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlencode

from swarmd.core.bounds import PARAMETERS, check_count
from swarmd.core.errors import BadParameter

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FALSE = ("", "0", "no", "false", "none")


def parse_query(raw: bytes) -> dict[str, list[str]]:
    """Values by name, in order; bytes that are no UTF-8 become surrogate escapes.

    Raises:
        BadParameter: A semicolon or a broken escape, which engines refuse as well; or too many.
    """
    values: dict[str, list[str]] = {}
    check_count(raw.count(b"&") + 1, PARAMETERS, "the query", "parameters")
    for pair in raw.decode("utf-8", "surrogateescape").split("&"):
        if ";" in pair:
            raise BadParameter("invalid semicolon separator in query")
        if pair:
            name, _, value = pair.partition("=")
            values.setdefault(_decoded(name), []).append(_decoded(value))
    return values


def render_query(pairs: Iterable[tuple[str, str]]) -> str:
    """The query that ``parse_query`` would read as ``pairs``, whatever bytes a client sent."""
    return urlencode(list(pairs), errors="surrogateescape")


def is_true(value: str) -> bool:
    """Docker's rule for flags: everything is true but these few words."""
    return value.strip().lower() not in _FALSE


def _decoded(text: str) -> str:
    if "%" in text and (bad := _BAD_ESCAPE.search(text)):
        raise BadParameter(f'invalid URL escape "{text[bad.start() : bad.start() + 3]}"')
    return unquote(text.replace("+", " "), errors="surrogateescape")
