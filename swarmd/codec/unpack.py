"""Bytes unpacked as they come, in whichever of the ways that engines take a context.

Bounded in what a small piece may become, in memory, and in time where unpacking is slow. Zstandard,
which newer engines take, too, is not in Python's library before release 3.14.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

STEP = 1 << 20  # bytes that are unpacked at a time
_MEMORY = 20 << 20  # bytes: xz with its default, and up to -7
_MAGIC = 6  # bytes that tell what it is


class CannotUnpack(ValueError):
    """Packed data that is broken, or becomes more than is looked at."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """With the interface of the other two."""

    def __init__(self) -> None:
        self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._unpack.eof

    @property
    def needs_input(self) -> bool:
        return not self._unpack.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._unpack.unused_data

    def decompress(self, data: bytes, max_length: int = STEP) -> bytes:
        return self._unpack.decompress(self._unpack.unconsumed_tail + data, max_length)


def _xz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY)


class _Packing(NamedTuple):
    """Attributes:
    steps: That one piece may become.
    most: Bytes that all of it may; 0 for any number.
    """

    magic: bytes
    begin: Callable[[], _Decompressor]
    steps: int
    most: int


# bzip2 unpacks some 25 MB in a second, and nothing else is done meanwhile.
_PACKINGS = (
    _Packing(b"\x1f\x8b", _Gzip, 64, 0),
    _Packing(b"BZh", bz2.BZ2Decompressor, 4, 64 << 20),
    _Packing(b"\xfd7zXZ\0", _xz, 8, 128 << 20),
)


class Unpacker:
    """A decompressor of a stream. What is packed in no known way passes as it is."""

    def __init__(self) -> None:
        self._begun: bytes | None = b""
        self._packing: _Packing | None = None
        self._stream: _Decompressor | None = None
        self._unpacked = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of at most STEP bytes, if it is packed; raises CannotUnpack."""
        if self._begun is not None:
            data, self._begun = self._begun + data, None
            if len(data) < _MAGIC:
                self._begun = data
                return
            self._packing = next((p for p in _PACKINGS if data.startswith(p.magic)), None)
        if self._packing is None:
            yield data
            return
        try:
            yield from self._unpack(data, self._packing)
        except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
            raise CannotUnpack(str(error)) from None

    def _unpack(self, data: bytes, packing: _Packing) -> Iterator[bytes]:
        """Several streams, one after the other, are one: programs that pack in parallel do that."""
        for _ in range(packing.steps):
            stream = self._stream = self._stream or packing.begin()
            piece = stream.decompress(data, STEP)
            data = stream.unused_data
            self._unpacked += len(piece)
            if packing.most and self._unpacked > packing.most:
                break
            if piece:
                yield piece
            if stream.eof:
                self._stream = None
            if not data and (stream.eof or stream.needs_input):
                return
        raise CannotUnpack("it becomes too much")
