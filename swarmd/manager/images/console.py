"""The progress stream to one client while many engines work, with back-pressure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

MOST_HELD = 10_000  # lines that wait for a client that does not read


@implementer(IPushProducer)
class Console:
    """A writer of progress lines, with back-pressure.

    Writes records as JSON lines; a client that does not read misses moves of progress bars.

    Attributes:
        used: Something was told.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.used = False
        self._write = write
        self._paused = False
        self._held: deque[bytes] = deque(maxlen=MOST_HELD)

    def write_line(self, record: Mapping[str, Any]) -> None:
        self.used = True
        line = orjson.dumps(record) + b"\r\n"
        if not self._paused:
            self._write(line)
        elif not record.get("progressDetail"):
            self._held.append(line)

    def flush(self) -> None:
        """Writes what still waits, whether the client reads or not."""
        self._paused = False
        self._drain()

    def _drain(self) -> None:
        while self._held and not self._paused:
            self._write(self._held.popleft())

    # The client's transport.

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        self._drain()

    def stopProducing(self) -> None:
        """The client is gone; its request tells."""
