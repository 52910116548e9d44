"""The log of rejected clients: in words, and rate limited to what a person would read.

A client tries again and again, and whoever can reach the port can make lines: each reason is told
once a minute of each address, and of a flood only the number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger

from swarmd.core.addresses import Address
from swarmd.core.units import counted

WINDOW = 60.0  # seconds
MOST_LINES = 30  # in one window


class Rejections:
    """The log of rejected clients, of bounded length. ``seconds`` is a monotonic clock."""

    _log = Logger()

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._begun = 0.0
        self._logged: set[tuple[str, str]] = set()
        self._unlogged = 0

    def report(self, peer: Any, why: str) -> None:
        """``peer`` is an IAddress of Twisted's."""
        now = self._seconds()
        if now - self._begun >= WINDOW:
            self._begin(now)
        host = getattr(peer, "host", "")
        if (host, why) in self._logged or len(self._logged) >= MOST_LINES:
            self._unlogged += 1
            return
        self._logged.add((host, why))
        client = Address("tcp", host, peer.port) if host else "without an address"
        self._log.warn("client {client} is not let in: {why}", client=client, why=why)

    def _begin(self, now: float) -> None:
        if self._unlogged:
            were = "was" if self._unlogged == 1 else "were"
            more = counted(self._unlogged, "more connection")
            self._log.warn("{more} {were} not let in", more=more, were=were)
        self._begun, self._unlogged = now, 0
        self._logged.clear()
