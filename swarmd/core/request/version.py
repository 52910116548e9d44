"""API versions: which one is advertised, and which one each engine is asked in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from swarmd.core.errors import BadParameter

Version = tuple[int, int]

# The newest API whose lists and answers swarmd models.
NEWEST: Version = (1, 55)
# CLI 29.0 to 29.2 refuse servers below 1.44 and keep their own, unknown version.
ADVERTISED_FLOOR: Version = (1, 44)
OLDEST: Version = (1, 24)
# Clients of the classic era; they are raised to what the engine speaks.
ACCEPTED_FLOOR: Version = (1, 12)

# As engines route it; what stands behind the second number makes no other version.
_PREFIX = re.compile(r"v([0-9.]{1,16})\Z")


def parse(text: str) -> Version:
    """The version in ``1.41``; BadParameter if it is none."""
    found = parse_prefix("v" + text)
    if found is None:
        raise BadParameter(f"invalid API version: {text}")
    return found


def parse_prefix(segment: str) -> Version | None:
    """The version in a path's first segment, ``v1.41``; None if that is something else."""
    found = _PREFIX.match(segment)
    if found is None:
        return None
    major, minor, *_ = (int(part or 0) for part in f"{found[1]}.0".split("."))
    return major, minor


def show(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def advertised(engine_maxima: Iterable[Version]) -> Version:
    """The version that clients are told: what all healthy engines speak, if above the floor."""
    lowest = min(engine_maxima, default=ADVERTISED_FLOOR)
    return min(max(ADVERTISED_FLOOR, lowest), NEWEST)


def check(asked: Version, newest: Version) -> None:
    """Refuses a client's version in an engine's words."""
    if asked > newest:
        raise BadParameter(
            f"client version {show(asked)} is too new. "
            f"Maximum supported API version is {show(newest)}"
        )
    if asked < ACCEPTED_FLOOR:
        raise BadParameter(
            f"client version {show(asked)} is too old. Minimum supported API version is "
            f"{show(OLDEST)}, please upgrade your client to a newer version"
        )


def clamp(asked: Version, lowest: Version, highest: Version) -> Version:
    """The version to ask an engine in, for a client that asked in ``asked``."""
    return asked if lowest <= asked <= highest else max(lowest, min(asked, highest))
