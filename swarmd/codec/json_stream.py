"""JSON documents that come one after the other: events, stats, progress."""

from __future__ import annotations

import re
from collections.abc import Callable

# Bytes that are kept of the beginning, and of the end, of a document that is passed over.
EDGE = 64 << 10
# A stream in which a document takes so many times the limit is no stream of documents.
_PASSED = 16

_JOINT = re.compile(rb"\}[ \t\r]*\{")
_MARK = re.compile(rb'\\.|["{}\n]', re.S)


class DocumentTooLong(ValueError):
    """A document that did not end within the limit."""


class JsonLines:
    """A splitter of a stream of JSON documents.

    Cuts a stream into documents, each delivered as soon as its last byte is there.

    A document ends with its line, or with the brace that closes it where documents are merely
    concatenated. Only the cut is made here: what is between the cuts may still be no JSON.
    """

    __slots__ = (
        *("_beginning", "_buffer", "_depth", "_limit", "_overlong", "_passed", "_quoted"),
        "_scanned",
    )

    def __init__(self, limit: int, overlong: Callable[[bytes], None] | None = None) -> None:
        """
        Args:
            limit: Of an unfinished document, in bytes.
            overlong: Gets beginning and end of a longer one, which is passed over without being
                kept. If not given, such a document is the end of the stream.
        """
        self._limit = limit
        self._overlong = overlong
        self._buffer = bytearray()
        self._beginning = b""  # of the document that is being passed over
        self._passed = 0
        self._start_over()

    def feed(self, data: bytes) -> list[bytes]:
        """The documents that ``data`` completes.

        Raises:
            DocumentTooLong: Nothing further can be read from this stream.
        """
        documents: list[bytes] = []
        if self._buffer:
            first = data.find(b"\n") + 1 or len(data)
            documents, data = self._scan(data[:first]), data[first:]
        last = data.rfind(b"\n") + 1
        if last:
            documents += self._lines(data[:last])
        if last < len(data):
            documents += self._scan(data[last:])
        if self._beginning or len(self._buffer) > self._limit:
            self._pass_over()
        return documents

    def _pass_over(self) -> None:
        """Keeps the edges of an unfinished document."""
        if self._overlong is None or self._passed > _PASSED * self._limit:
            raise DocumentTooLong(f"no end of a document in {self._limit + self._passed} bytes")
        self._beginning = self._beginning or bytes(self._buffer[:EDGE])
        cut = max(0, len(self._buffer) - EDGE)
        del self._buffer[:cut]
        self._scanned -= cut
        self._passed += cut

    def _lines(self, lines: bytes) -> list[bytes]:
        """Nearly always one document each, which is seen many times faster than brace by brace."""
        if _JOINT.search(lines):
            return self._scan(lines)
        return [line for line in lines.split(b"\n") if line and not line.isspace()]

    def _scan(self, data: bytes) -> list[bytes]:
        self._buffer += data
        return self._cut(self._ends())

    def _start_over(self) -> None:
        self._scanned = 0
        self._depth = 0
        self._quoted = False

    def _ends(self) -> list[int]:
        """Where documents end in what was not looked at yet."""
        ends = []
        for mark in _MARK.finditer(self._buffer, self._scanned):
            self._scanned = mark.end()
            if self._closes(mark[0]):
                ends.append(mark.end())
                self._depth, self._quoted = 0, False
        # A backslash at the very end must meet the byte that it escapes.
        self._scanned = len(self._buffer) - self._buffer.endswith(b"\\", self._scanned)
        return ends

    def _closes(self, mark: bytes) -> bool:
        if mark == b"\n":
            return True
        if mark == b'"':
            self._quoted = not self._quoted
        elif not self._quoted and mark in b"{}":
            self._depth += 1 if mark == b"{" else -1
            return self._depth <= 0
        return False

    def _cut(self, ends: list[int]) -> list[bytes]:
        pieces = [
            bytes(self._buffer[start:end]).strip()
            for start, end in zip([0, *ends], ends, strict=False)
        ]
        if ends and self._beginning and self._overlong is not None:
            self._overlong(self._beginning + b" " + pieces.pop(0))
            self._beginning, self._passed = b"", 0
        if ends:
            del self._buffer[: ends[-1]]
            self._scanned -= ends[-1]
        return [piece for piece in pieces if piece]
