"""Heads on their way through: what engines get in a client's name, what changes in answers."""

from __future__ import annotations

from collections.abc import Collection

import orjson

from swarmd.codec.head import Headers, ResponseHead, render_request, render_response
from swarmd.codec.hop_by_hop import end_to_end
from swarmd.core.errors import ApiError
from swarmd.streams.ports import ClientRequest

HOST = (b"Host", b"docker")  # engines only check that there is one
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
# The body has been collected, and an answer in plain text can be rewritten.
_OURS = frozenset((b"host", b"content-length", b"expect", b"accept-encoding"))


def request_head(client: ClientRequest, target: bytes, length: int) -> bytes:
    """The client's head for a body that is already here, ``length`` bytes of it."""
    return _render(client, target, _without(end_to_end(client.head.headers), _OURS), length)


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
    headers = _without(end_to_end(head.headers), _FRAMING)
    if content_type is not None:
        headers = _retyped(headers, content_type)
    headers.append((b"Content-Length", b"%d" % length))
    if not keep_alive:
        headers.append((b"Connection", b"close"))
    return render_response(head.status, head.reason, headers)


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
    if length or (length == 0 and client.method not in (b"GET", b"HEAD")):
        headers.append((b"Content-Length", b"%d" % length))
    head = render_request(client.method, target, [HOST, *headers])
    if client.head.version == b"1.0":  # then the engine answers in a way that it understands
        return head.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)
    return head


def _without(headers: Headers, names: Collection[bytes]) -> Headers:
    return [pair for pair in headers if pair[0].lower() not in names]


def _retyped(headers: Headers, content_type: bytes) -> Headers:
    return [*_without(headers, (b"content-type",)), (b"Content-Type", content_type)]
