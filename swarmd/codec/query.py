"""Query strings, read as engines read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlencode

import orjson

from swarmd.core.errors import BadParameter
from swarmd.core.request.bounds import ENTRIES, PARAMETERS, check, check_count
from swarmd.core.request.filter_arguments import check_filters

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FALSE = ("", "0", "no", "false", "none")
# Parameters whose values are JSON, but for ``filters``.
_JSON = ("buildargs", "labels", "cachefrom", "ulimits", "outputs")
_SHORT = min(ENTRIES, PARAMETERS)  # bytes in which nothing can be too many


def check_query(raw: bytes) -> None:
    """How much one query may say, whoever reads it: swarmd, its policy or an engine.

    Raises:
        BadParameter: With the name of the parameter that is too much, or cannot be read.
    """
    if len(raw) < _SHORT:
        return
    check_count(raw.count(b"&") + 1, PARAMETERS, "the query", "parameters")
    values = parse_query(raw)
    for text in values.get("filters", ()):
        check_filters(text)
    for name in _JSON:
        for text in filter(None, values.get(name, ())):
            check(_json(name, text), name)
    names = sum(text.count(",") + 1 for text in values.get("names", ()))
    check_count(names, ENTRIES, "names", "entries")


def parse_query(raw: bytes) -> dict[str, list[str]]:
    """Values by name, in order; bytes that are no UTF-8 become surrogate escapes.

    Raises:
        BadParameter: A semicolon or a broken escape, which engines refuse as well.
    """
    values: dict[str, list[str]] = {}
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


def _json(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadParameter(f"error reading {name}: {error}") from None


def _decoded(text: str) -> str:
    if "%" in text and (bad := _BAD_ESCAPE.search(text)):
        raise BadParameter(f'invalid URL escape "{text[bad.start() : bad.start() + 3]}"')
    return unquote(text.replace("+", " "), errors="surrogateescape")
