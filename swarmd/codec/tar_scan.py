"""Walks through a tar archive that comes in pieces, and keeps the small files that are wanted."""

from __future__ import annotations

from collections.abc import Callable

BLOCK = 512

_EMPTY = bytes(BLOCK)
_LONG_NAME, _PAX = b"L", b"x"
_LARGEST_EXTENSION = 1 << 20  # bytes of what an entry tells of the next one


class BadTar(ValueError):
    """A file that is no tar archive."""


class TarScan:
    """A scanner of the headers of a tar archive, with names in all forms that tar programs write.

    Attributes:
        whole: All of it has come.

    Args:
        wanted: Told a file's name and size; whether its content is to be kept.
        found: Gets the name and content of each file that was.
        ended: Called before ``feed`` returns that got the archive's end.
    """

    def __init__(
        self,
        wanted: Callable[[str, int], bool],
        found: Callable[[str, bytes], None],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._wanted = wanted
        self._found = found
        self._ended = ended
        self._header = bytearray()
        self._skip = 0  # bytes of content and padding that are still to come
        self._left = 0  # those of content
        self._kept: bytearray | None = None
        self._name = ""
        self._extension = b""
        self._overrides: dict[bytes, bytes] = {}  # of the next entry, in one before it
        self.whole = False

    def feed(self, data: bytes) -> None:
        """Raises BadTar, and what the callbacks raise."""
        view, at = memoryview(data), 0
        while at < len(data) and not self.whole:
            if self._skip:
                at += self._content(view[at : at + self._skip])
                continue
            taken = view[at : at + BLOCK - len(self._header)]
            self._header += taken
            at += len(taken)
            if len(self._header) == BLOCK:
                header = bytes(self._header)
                self._header.clear()
                self._entry(header)
        if self.whole and bytes(view[at:]).strip(b"\0"):
            raise BadTar("it goes on after its end")

    def _entry(self, header: bytes) -> None:
        if header == _EMPTY:
            self._ended()
            self.whole = True
            return
        size, kind = _number(header[124:136]), header[156:157]
        self._extension = kind if kind in (_LONG_NAME, _PAX) else b""
        if self._extension:
            self._kept = bytearray() if size <= _LARGEST_EXTENSION else None
        else:
            size = _decimal(self._overrides.get(b"size"), size)
            name = _until_zero(self._overrides.get(b"path", b"")) or _path(header)
            self._name = name.removeprefix("./").rstrip("/")
            self._overrides.clear()
            self._kept = bytearray() if self._wanted(self._name, size) else None
        self._left, self._skip = size, -(-size // BLOCK) * BLOCK
        if not size:
            self._finish()

    def _content(self, piece: memoryview) -> int:
        if self._kept is not None:
            self._kept += piece[: self._left]
        self._left -= min(self._left, len(piece))
        self._skip -= len(piece)
        if not self._skip:
            self._finish()
        return len(piece)

    def _finish(self) -> None:
        kept, self._kept = self._kept, None
        if kept is None:
            return
        content = bytes(kept)
        if not self._extension:
            self._found(self._name, content)
        elif self._extension == _LONG_NAME:
            self._overrides[b"path"] = content
        else:
            self._overrides.update(_pax(content))


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # of more than 8 GB
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.rstrip(b"\0 ").strip() or b"0", 8)
    except ValueError:
        raise BadTar("it is no tar archive") from None


def _decimal(text: bytes | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 20 else otherwise


def _path(header: bytes) -> str:
    prefix = _until_zero(header[345:500]) if header[257:263] == b"ustar\0" else ""
    name = _until_zero(header[:100])
    return f"{prefix}/{name}" if prefix else name


def _until_zero(content: bytes) -> str:
    return content.partition(b"\0")[0].decode("utf-8", "replace")


def _pax(content: bytes) -> dict[bytes, bytes]:
    """Of ``LENGTH KEY=VALUE`` lines."""
    found = (line.partition(b" ")[2].partition(b"=") for line in content.split(b"\n"))
    return {key: value for key, _, value in found}
