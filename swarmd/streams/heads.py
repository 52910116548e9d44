"""Heads on their way through: what engines get in a client's name, what changes in answers."""

from __future__ import annotations

from collections.abc import Collection

import orjson

from swarmd.codec.head import (
    Headers,
    ResponseHead,
    render_fields,
    render_request,
    render_response,
)
from swarmd.codec.hop_by_hop import end_to_end
from swarmd.core.errors import ApiError
from swarmd.streams.ports import ClientRequest

HOST = (b"Host", b"docker")  # engines only check that there is one
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
# The body has been collected, and an answer in plain text can be rewritten.
_OURS = frozenset((b"host", b"content-length", b"expect", b"accept-encoding"))


def request_head(client: ClientRequest, target: bytes, length: int) -> bytes:
    """The client's head for a body that is already here, ``length`` bytes of it.

    A body where the client has sent none is ours, and JSON.
    """
    fields = client.head.fields
    if length and not fields.length and not fields.chunked:
        typed = _retyped(_without(end_to_end(fields.headers), _OURS), b"application/json")
        return _render(client, target, typed, length)
    if not fields.passed_on:
        kept = _without(end_to_end(fields.headers), _OURS)
        fields.passed_on = render_fields([HOST, *kept])
    sized = b"Content-Length: %d\r\n" % length if _sized(client, length) else b""
    line = (client.method, target, fields.version, fields.passed_on, sized)
    return b"%b %b HTTP/%b\r\n%b%b\r\n" % line


def upgrade_head(client: ClientRequest, target: bytes, length: int) -> bytes:
    """The same, asking for an upgrade if the client does."""
    headers = _without(end_to_end(client.head.headers, keep=(b"upgrade",)), _OURS)
    if client.head.upgrade:
        headers.append((b"Connection", b"Upgrade"))
    return _render(client, target, headers, length)


def tunnel_head(client: ClientRequest, target: bytes) -> bytes:
    """The client's head for a body that follows as the client frames it.

    With ``Connection: close``: another request on the same connection could belong to another
    engine, and an answer that nobody frames must end with the connection.
    """
    headers = end_to_end(client.head.headers, keep=(b"transfer-encoding",))
    headers = _without(headers, (b"host",))
    return _render(client, target, [*headers, (b"Connection", b"close")], None)


def rewritten_head(
    head: ResponseHead, length: int, content_type: bytes | None, *, keep_alive: bool
) -> bytes:
    """The engine's head for another body."""
    if not head.passed_on:
        head.passed_on = render_fields(_without(end_to_end(head.headers), _FRAMING))
    lines = head.passed_on
    if content_type is not None:
        kept = _without(end_to_end(head.headers), _FRAMING)
        lines = render_fields(_retyped(kept, content_type))
    close = b"" if keep_alive else b"Connection: close\r\n"
    parts = (head.status, head.reason, lines, length, close)
    return b"HTTP/1.1 %d %b\r\n%bContent-Length: %d\r\n%b\r\n" % parts


def with_type(raw: bytes, head: ResponseHead, content_type: bytes) -> bytes:
    """``raw``, which begins with ``head``, with another Content-Type."""
    end = raw.index(b"\r\n\r\n") + 4
    changed = render_response(head.status, head.reason, _retyped(head.headers, content_type))
    return changed.replace(b"1.1", head.version, 1) + raw[end:]


def raw_error(error: ApiError) -> bytes:
    """A whole response, where the client's connection is no longer anybody's HTTP."""
    body = orjson.dumps({"message": error.message}) + b"\n"
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Connection", b"close"),
    ]
    return render_response(error.status, b"Service Unavailable", headers) + body


def _render(client: ClientRequest, target: bytes, headers: Headers, length: int | None) -> bytes:
    if length is not None and _sized(client, length):
        headers.append((b"Content-Length", b"%d" % length))
    head = render_request(client.method, target, [HOST, *headers])
    if client.head.version == b"1.0":  # then the engine answers in a way that it understands
        return head.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)
    return head


def _sized(client: ClientRequest, length: int) -> bool:
    return length > 0 or client.method not in (b"GET", b"HEAD")


def _without(headers: Headers, names: Collection[bytes]) -> Headers:
    return [pair for pair in headers if pair[0].lower() not in names]


def _retyped(headers: Headers, content_type: bytes) -> Headers:
    return [*_without(headers, (b"content-type",)), (b"Content-Type", content_type)]
