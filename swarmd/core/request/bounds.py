"""Bounds against tarpits: of every list, map, text and number in a client's JSON body.

They are about ten times what the largest real Compose files use. What is within them is read,
judged, placed and written again in turns of the reactor shorter than a tenth of a second; a thread
would not help, since decoders keep Python's lock. The table is in ``docs/reliability.rst``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from swarmd.core.errors import BadParameter

BODY = 4 << 20  # bytes: what a program can be given as arguments and environment is less
LARGE = 32 << 10  # bytes: what is to be done with such a body is done in several turns
ENTRIES = 1024  # of a list or map that is not named below
VALUES = 1 << 17  # of all lists and maps of a body together
DEPTH = 64  # of lists and maps in each other
TEXT = 256 << 10  # characters; a kernel takes no word longer than 128 KiB
KEY = 4096  # characters
NUMBER = 1 << 63  # below, and not below its negative
RANGES = 64  # of host ports: all are looked through on each engine
PARAMETERS = 1024  # of a query
FILTER_VALUES = 1024  # of one key of a filter
TRIED_VALUES = 64  # of one key whose values are tried one by one on all that is listed
TRIALS = 100_000  # of patterns on texts; each takes a microsecond

# By the names of fields, which engines take in any case.
MOST: Mapping[str, int] = {
    **dict.fromkeys(("Cmd", "Entrypoint", "Env"), 1 << 16),
    **dict.fromkeys(("PortBindings", "ExposedPorts"), 10_240),  # the ports of a telephone switch
    "Labels": 4096,
    "EndpointsConfig": 128,  # each is looked up, and joined one by one on old engines
    **dict.fromkeys(("DeviceRequests", "DeviceIDs"), 64),
}
_MOST = {name.lower(): most for name, most in MOST.items()}

# Beyond these no body is decoded: it would take 50 ms.
_COMMAS, _BRACKETS = 1 << 20, 1 << 18

_SHOWN = 200  # characters of a place, whose names are the client's


def check_body(body: bytes) -> None:
    """Raises BadParameter for an object or list beyond the bounds; no other text is looked at."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return
    brackets = body.count(b"{") + body.count(b"[")
    if brackets > _BRACKETS or body.count(b",") > _COMMAS:
        raise BadParameter(f"invalid JSON: it has more than {VALUES} values")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    check(value)


def check(value: Any, name: str = "") -> None:
    """Raises BadParameter with the place of the first thing that is too much.

    Args:
        name: What to call ``value``.
    """
    if _is_beyond(value):
        _Check().value(value, name, 0)


def check_count(count: int, most: int, place: str, what: str) -> None:
    """Raises BadParameter where ``place`` has more than ``most`` of what ``what`` names."""
    if count > most:
        raise _beyond(place, f"{count} {what}", most)


def check_trials(patterns: int, texts: int, place: str) -> None:
    """Raises BadParameter for more ``patterns`` than are tried on so many ``texts``."""
    check_count(patterns, max(2, TRIALS // (texts + 1)), place, "patterns")


class _Check:
    """One walk, which ends at the first thing that is too much."""

    def __init__(self) -> None:
        self._left = VALUES

    def value(self, value: Any, place: str, depth: int) -> None:
        if isinstance(value, dict):
            self._count(value, place, depth)
            for key, item in value.items():
                if len(key) > KEY:
                    raise _beyond(place, f"a key of {len(key)} characters", KEY)
                if _is_beyond(item):
                    self.value(item, f"{place}.{key}" if place else key, depth + 1)
        elif isinstance(value, list):
            self._count(value, place, depth)
            for item in value:
                if _is_beyond(item):
                    self.value(item, place, depth + 1)
        elif isinstance(value, str):
            raise _beyond(place, f"{len(value)} characters", TEXT)
        else:
            raise BadParameter(f"{_shown(place)} is no number of 64 bits: {value}")

    def _count(self, value: Any, place: str, depth: int) -> None:
        most = _MOST.get(place.rpartition(".")[2].lower(), ENTRIES)
        if len(value) > most:
            raise _beyond(place, f"{len(value)} entries", most)
        if depth > DEPTH:
            raise BadParameter(f"{_shown(place)} is nested too deep: at most {DEPTH} are taken")
        self._left -= len(value)
        if self._left < 0:
            raise _beyond(place, "the last of more values in the whole body", VALUES)


def _is_beyond(item: Any) -> bool:
    """Whether a single value is too much; lists and maps have to be walked to tell."""
    if isinstance(item, str):
        return len(item) > TEXT
    if isinstance(item, (dict, list)):
        return True
    if isinstance(item, float):  # also what an integer becomes that is too large for one
        return abs(item) >= NUMBER
    return isinstance(item, int) and not -NUMBER <= item < NUMBER


def _beyond(place: str, what: str, most: int) -> BadParameter:
    return BadParameter(f"{_shown(place)} has {what}, and at most {most} are taken")


def _shown(place: str) -> str:
    return place[:_SHOWN] or "the body"
