"""Engines listed in the URL itself: ``nodes://a:2375,b:2375`` or a bare comma list."""

from __future__ import annotations

from collections.abc import Callable

from twisted.application.service import Service

from swarmd.core.addresses import MOST_ADDRESSES, expand_ranges
from swarmd.discovery.entry import Entry, bare_entry


def parse_nodes(text: str, default_port: int) -> list[Entry]:
    """The engines in ``a:2375,10.0.0.[1:3]``; an address given twice counts once."""
    entries: dict[str, Entry] = {}
    for part in text.split(","):
        if not part.strip():
            raise ValueError(f"{text!r} has an empty place between its commas")
        for address in expand_ranges(part.strip()):
            entry = bare_entry(address, default_port)
            entries.setdefault(entry.key, entry)
    if len(entries) > MOST_ADDRESSES:
        raise ValueError(f"there are more than {MOST_ADDRESSES} engines")
    return list(entries.values())


class NodeList(Service):
    """Discovery by the list in the URL; it is given once, at start."""

    def __init__(self, entries: list[Entry], on_entries: Callable[[list[Entry]], None]) -> None:
        self.listed = True
        self._entries = entries
        self._on_entries = on_entries

    def startService(self) -> None:
        super().startService()
        self._on_entries(self._entries)

    def reread(self) -> None:
        """Nothing to read again."""

    def notices(self) -> list[str]:
        """Nothing that could hang."""
        return []
