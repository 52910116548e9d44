"""Clients' JSON bodies decoded, within bounds, before anybody looks at what is in them."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.core.errors import BadParameter
from swarmd.core.request.json_keys import Shape, spelled


def decoded_json(body: bytes) -> Any:
    """Raises BadParameter. How much is in it was bounded when it came (``core.request.bounds``)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadParameter(f"invalid JSON: {error}") from None


def decoded_object(body: bytes) -> dict[str, Any]:
    """Raises BadParameter like ``decoded_json``."""
    decoded = decoded_json(body)
    if not isinstance(decoded, dict):
        raise BadParameter("invalid JSON: an object is expected")
    return decoded


def spelled_object(body: bytes, shape: Shape) -> dict[str, Any]:
    """The same, with keys of ``shape`` as engines spell them."""
    found: dict[str, Any] = spelled(decoded_object(body), shape)
    return found
