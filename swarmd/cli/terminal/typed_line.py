"""One line that somebody types, read without holding the reactor."""

from __future__ import annotations

import os
import sys

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

_MOST = 4096  # bytes


@implementer(IReadDescriptor)
class TypedLine:
    """The next line of standard input; "" if that is closed.

    Attributes:
        line: Without its end.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self.line: Deferred[str] = Deferred()
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._typed = b""

    def fileno(self) -> int:
        return self._descriptor

    def logPrefix(self) -> str:
        return "stdin"

    def doRead(self) -> None:
        data = os.read(self._descriptor, _MOST)
        self._typed += data
        if not data or b"\n" in self._typed or len(self._typed) > _MOST:
            self._end()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor ends, or the terminal is gone."""
        self._end()

    def _end(self) -> None:
        if not self.line.called:
            self.line.callback(self._typed.partition(b"\n")[0].decode("utf-8", "replace"))
