"""A container's log as text: without an engine's frames and what acts on terminals. Pure."""

from __future__ import annotations

import re
import struct

_HEAD = struct.Struct(">BxxxI")  # which stream, and how many bytes
_STREAMS = (0, 1, 2)
# Colours and movements; a carriage return, whose overwriting no page can show.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|\r")
# All else that acts: a page would show nothing, or turn the line round.
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def log_text(body: bytes) -> str:
    """Of a container with a terminal there are no frames."""
    return plain((unframed(body) if is_framed(body) else body).decode("utf-8", "replace"))


def plain(text: str) -> str:
    return _ACTING.sub("\N{REPLACEMENT CHARACTER}", _ESCAPES.sub("", text))


def is_framed(body: bytes) -> bool:
    return len(body) >= _HEAD.size and body[0] in _STREAMS and body[1:4] == bytes(3)


def unframed(body: bytes) -> bytes:
    parts, place = [], 0
    while place + _HEAD.size <= len(body):
        _, length = _HEAD.unpack_from(body, place)
        place += _HEAD.size
        parts.append(body[place : place + length])
        place += length
    return b"".join(parts)
