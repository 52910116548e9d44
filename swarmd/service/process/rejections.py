"""Who was not let in, in the log: in words, and not more lines than a person would read.

A client tries again and again, and whoever can reach the port can make lines: each reason is told
once a minute of each address, and of a flood only the number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger

from swarmd.core.addresses import Address

WINDOW = 60.0  # seconds
MOST_LINES = 30  # in one window


class Rejections:
    """``seconds`` is a monotonic clock."""

    _log = Logger()

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._begun = 0.0
        self._told: set[tuple[str, str]] = set()
        self._untold = 0

    def tell(self, peer: Any, why: str) -> None:
        """``peer`` is an IAddress of Twisted's."""
        now = self._seconds()
        if now - self._begun >= WINDOW:
            self._begin(now)
        host = getattr(peer, "host", "")
        if (host, why) in self._told or len(self._told) >= MOST_LINES:
            self._untold += 1
            return
        self._told.add((host, why))
        client = Address("tcp", host, peer.port) if host else "without an address"
        self._log.warn("client {client} is not let in: {why}", client=client, why=why)

    def _begin(self, now: float) -> None:
        if self._untold:
            self._log.warn("{count} more connections were not let in", count=self._untold)
        self._begun, self._untold = now, 0
        self._told.clear()
