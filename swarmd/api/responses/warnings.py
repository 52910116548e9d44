"""Warning headers: a list that lacks a node's answer says so."""

from __future__ import annotations

from swarmd.manager.fleet.completeness import outdated
from swarmd.manager.interfaces import FleetView

_LONGEST = 10  # nodes named
_MOST_LETTERS = 500  # of one warning: clients bound the size of a head, engines not their words


def warning_headers(fleet: FleetView, what: str) -> list[tuple[bytes, bytes]]:
    """A ``Warning`` header (RFC 7234, 5.5) for each node of which a list shows nothing new.

    Args:
        what: "images", "networks" or "volumes".
    """
    return warnings(outdated(fleet, what))


def warnings(texts: list[str]) -> list[tuple[bytes, bytes]]:
    """Such headers with these words."""
    return [(b"Warning", b'199 swarmd "%b"' % _quoted(text)) for text in _shortened(texts)]


def _shortened(texts: list[str]) -> list[str]:
    """Where there are many, the rest as a number."""
    more = len(texts) - _LONGEST
    return [*texts[:_LONGEST], f"and {more} more nodes"] if more > 0 else texts


def _quoted(text: str) -> bytes:
    """As a quoted string of HTTP, which has no room for what is not printable ASCII."""
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in text[:_MOST_LETTERS])
    return plain.replace("\\", "\\\\").replace('"', '\\"').encode("ascii")
