"""Progress of work that swarmd does for itself: nobody reads it, but errors count."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.codec.json_stream import DocumentTooLong, JsonLines
from swarmd.core.progress import failure_of

LINE_LIMIT = 1 << 20  # bytes


class UnreadProgress:
    """Progress lines that no client reads; only their error counts.

    Attributes:
        error: What the last error in it said; "" if there was none.
    """

    def __init__(self) -> None:
        self.error = ""
        self._lines = JsonLines(LINE_LIMIT)

    def receive(self, data: bytes) -> None:
        """An error comes as a line like any other, with status 200."""
        try:
            for line in self._lines.feed(data):
                self._hear(orjson.loads(line))
        except (DocumentTooLong, orjson.JSONDecodeError) as error:
            self.error = self.error or f"its progress cannot be understood: {error}"

    def _hear(self, record: Any) -> None:
        self.error = failure_of(record) or self.error
