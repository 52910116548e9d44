"""Which of several content types a client wants, from its ``Accept`` header, as engines choose."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 64  # ranges that are looked at


def negotiated(header: str, offers: Sequence[str], default: str) -> str:
    """The offer of the highest weight; of several, the one named least vaguely, then the first.

    Args:
        header: The header's value, "" if there is none.
        default: What a client gets that wants none of ``offers``, or says nothing.
    """
    ranges = [_weighed(text) for text in header.split(",")[:_MOST]]
    best, chosen = (0.0, 0), default
    for offer in offers:
        for name, weight in ranges:
            rank = (weight, _fit(name, offer))
            if weight > 0 and rank[1] and rank > best:
                best, chosen = rank, offer
    return chosen


def _weighed(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    qualities = [one.removeprefix("q=") for one in parameters if one.startswith("q=")]
    try:
        return name, min(max(float(qualities[0]), 0.0), 1.0) if qualities else 1.0
    except ValueError:
        return name, 0.0


def _fit(name: str, offer: str) -> int:
    """3 for the type itself, 2 for its family, 1 for anything; 0 if it is another."""
    if name == offer:
        return 3
    if name == "*/*":
        return 1
    return 2 if name.endswith("/*") and offer.startswith(name[:-1]) else 0
