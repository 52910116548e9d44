"""Where published ports answer: the options ``--publish`` and ``--publish-range``, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

_HIGHEST = 65_535
_LOWEST = 1_024


@dataclass(frozen=True, slots=True)
class PublishAt:
    """Where published ports answer.

    Attributes:
        addresses: Of swarmd's machine; none: ports answer at their nodes alone.
        first, last: The range for ports that engines choose, both included.
    """

    addresses: tuple[str, ...] = ()
    first: int = 20_000
    last: int = 29_999


def publish_at(addresses: Sequence[str], range_: str) -> PublishAt:
    """ValueError for the first thing that is wrong, which names the option."""
    found = tuple(dict.fromkeys(_address(text.strip()) for text in addresses))
    return PublishAt(found, *_range(range_))


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        raise ValueError(f"--publish: {text!r} is not an IP address of this machine") from None


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise ValueError(f"--publish-range: {text!r} is not FIRST-LAST")
    if not _LOWEST <= int(first) <= int(last) <= _HIGHEST:
        bounds = f"{_LOWEST} and {_HIGHEST}"
        raise ValueError(f"--publish-range: {text!r} is not a range between {bounds}")
    return int(first), int(last)
