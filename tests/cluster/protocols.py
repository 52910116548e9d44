"""What a Protocol names, and what an object lets anybody reach by name."""

from __future__ import annotations

from typing import Any, Protocol


def is_protocol(one: object) -> bool:
    return isinstance(one, type) and bool(getattr(one, "_is_protocol", False))


def members(protocol: Any) -> set[str]:
    """Its own and those of the Protocols that it extends."""
    kinds = [one for one in protocol.__mro__ if is_protocol(one) and one is not Protocol]
    return {name for one in kinds for name in vars(one) if not name.startswith("_")}


def reachable(one: object) -> set[str]:
    return {name for name in dir(one) if not name.startswith("_")}
