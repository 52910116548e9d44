"""Response heads, and errors in the only form that Docker clients print."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import orjson
from twisted.web.http import RESPONSES
from twisted.web.http_headers import Headers

from swarmd.codec.head import render_fields

JSON = b"application/json"
BODILESS = (204, 304)


def render_head(
    version: bytes,
    status: int,
    fields: bytes,
    *,
    keep_alive: bool,
    reason: bytes | None = None,
) -> bytes:
    """A whole head; ``fields`` are ready header lines, ``version`` is the request's."""
    if not keep_alive:
        fields += b"Connection: close\r\n"
    elif version != b"1.1":
        fields += b"Connection: keep-alive\r\n"
    words = reason or RESPONSES.get(status, b"Unknown")
    return b"HTTP/%b %d %b\r\n%b\r\n" % (version, status, words, fields)


def content_fields(
    status: int,
    content_type: bytes | None,
    length: int | None,
    extra: Iterable[tuple[bytes, bytes]],
) -> bytes:
    """The lines that describe a body; those answers that have none get no such line."""
    lines = b""
    if extra:
        lines = _constant(extra) if isinstance(extra, tuple) else render_fields(extra)
    if status in BODILESS:
        return lines
    if content_type is not None:
        lines += b"Content-Type: %b\r\n" % content_type
    if length is not None:
        lines += b"Content-Length: %d\r\n" % length
    return lines


def header_lines(headers: Headers) -> bytes:
    """The lines of headers as Twisted keeps them."""
    every = headers.getAllRawHeaders()
    return render_fields([(name, value) for name, values in every for value in values])


_constant = lru_cache(maxsize=64)(render_fields)  # a tuple belongs to a route, not to a request


def error_body(message: str) -> bytes:
    """``message`` may hold what a client sent as a name; that may be no UTF-8, which JSON needs."""
    printable = message.encode("utf-8", "backslashreplace").decode()
    return orjson.dumps({"message": printable}) + b"\n"


def last_words(status: int, message: str, common: bytes) -> bytes:
    """A whole response to what never became a request; the connection closes after it."""
    body = error_body(message)
    fields = common + content_fields(status, JSON, len(body), ())
    return render_head(b"1.1", status, fields, keep_alive=False) + body
