"""The ``filters`` parameter of lists, prunes and events, read as engines read it."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.core.errors import BadParameter
from swarmd.core.request.bounds import ENTRIES, FILTER_VALUES, check_count


def read_filters(text: str) -> dict[str, tuple[str, ...]]:
    """``{"key": {"value": true}}``, or ``{"key": ["value"]}`` as clients of old send it.

    A false value counts like a true one. What is null is absent, and a null in a list is an empty
    text. All keys are of one form.
    """
    try:
        given = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        raise BadParameter("invalid filter") from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadParameter("invalid filter")
    groups = [values for values in given.values() if values is not None]
    if not (all(map(_is_set, groups)) or all(map(_is_list, groups))):
        raise BadParameter("invalid filter")
    return {key: tuple(value or "" for value in values or ()) for key, values in given.items()}


def check_filters(text: str) -> None:
    """How much a client may ask for; a policy adds its own values to that."""
    given = read_filters(text)
    check_count(len(given), ENTRIES, "filters", "entries")
    for key, values in given.items():
        check_count(len(values), FILTER_VALUES, f"filter {key[:80]}", "values")


def _is_set(values: Any) -> bool:
    return isinstance(values, dict) and all(
        value is None or isinstance(value, bool) for value in values.values()
    )


def _is_list(values: Any) -> bool:
    return isinstance(values, list) and all(
        value is None or isinstance(value, str) for value in values
    )
