"""Lingering close of a connection on which the client may still be sending.

Closing on unread bytes sends a reset, and a reset overtakes the answer that says why.
"""

from __future__ import annotations

from typing import Any

from twisted.python.failure import Failure

# What is still read, in bytes and seconds.
MAX_LINGER = 16 * 1024 * 1024
LINGER_TIME = 5.0


class LingeringClose:
    """A stream end that reads without listening, until the client closes as well."""

    __slots__ = ("_left", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._left = MAX_LINGER

    def received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._transport.abortConnection()

    def half_closed(self) -> None:
        self._transport.loseConnection()

    def lost(self, reason: Failure) -> None:
        """Which was the aim."""
