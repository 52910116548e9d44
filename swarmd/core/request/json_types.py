"""Whether a decoded body has the types that an engine's own decoding asks for, in its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.core.errors import BadParameter

Json = Mapping[str, Any]
Shapes = tuple[tuple[str, type, str], ...]  # field, its type here, its type in Go

_GO_KINDS = {str: "string", bool: "bool", list: "array", dict: "object", type(None): "null"}


def check_fields(part: Json, shapes: Shapes) -> None:
    """Raises BadParameter for a field of another type."""
    for key, kind, go_type in shapes:
        value = part.get(key)
        wrong_number = kind is int and (isinstance(value, bool) or not _fits_int64(value))
        if value is not None and (wrong_number or not isinstance(value, kind)):
            raise mismatch(value, key, go_type)


def _fits_int64(value: Any) -> bool:
    return isinstance(value, int) and -(1 << 63) <= value < 1 << 63


def mismatch(value: Any, key: str, go_type: str) -> BadParameter:
    kind = _GO_KINDS.get(type(value), "number")
    where = f"Go struct field CreateRequest.{key}" if key else "Go value"
    return BadParameter(
        f"invalid JSON: json: cannot unmarshal {kind} into {where} of type {go_type}"
    )
