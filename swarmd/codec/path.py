"""Paths, read as engines read them: decoded first, then cleaned, then split.

So ``%2F`` is a slash and ``%2e%2e`` a step upwards wherever they stand, and no segment can hide
either of them from the resource tree.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from swarmd.core.errors import BadParameter

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def decode_path(path: bytes) -> bytes:
    """The path without escapes.

    Raises:
        BadParameter: It has control characters, which no name of Docker's has.
    """
    if b"%" not in path:
        return path
    plain = unquote_to_bytes(path)
    if _CONTROL.search(plain):
        raise BadParameter("invalid control character in URL")
    return plain


def clean_path(plain: bytes) -> bytes:
    """A decoded path without ``//``, ``.`` and ``..``; a trailing slash stays."""
    if b"//" not in plain and b"/." not in plain:
        return plain
    kept: list[bytes] = []
    for segment in plain.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    slash = b"/" if kept and plain.endswith(b"/") else b""
    return b"/" + b"/".join(kept) + slash


def encode_path(plain: bytes) -> bytes:
    """A decoded path with escapes, for a request target or a Location."""
    return quote(plain, safe="/:@!$&'()*+,;=~").encode()
