"""JSON documents that come one after the other: events, stats, progress."""

from __future__ import annotations

import re

_JOINT = re.compile(rb"\}[ \t\r]*\{")
_MARK = re.compile(rb'\\.|["{}\n]', re.S)


class DocumentTooLong(ValueError):
    """A document did not end within the limit."""


class JsonLines:
    """Cuts a stream into documents, each delivered as soon as its last byte is there.

    A document ends with its line, or with the brace that closes it where documents are merely
    concatenated. Only the cut is made here: what is between the cuts may still be no JSON.
    """

    __slots__ = ("_buffer", "_depth", "_limit", "_quoted", "_scanned")

    def __init__(self, limit: int) -> None:
        """``limit`` bounds an unfinished document, in bytes."""
        self._limit = limit
        self._buffer = bytearray()
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
        if len(self._buffer) > self._limit:
            raise DocumentTooLong(f"no end of a document in {self._limit} bytes")
        return documents

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
        if ends:
            del self._buffer[: ends[-1]]
            self._scanned -= ends[-1]
        return [piece for piece in pieces if piece]
