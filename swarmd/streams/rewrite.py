"""Heads on their way through: what engines get in a client's name, what changes in answers."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

import orjson

from swarmd.codec.head import (
    Headers,
    ResponseHead,
    render_fields,
    render_response,
)
from swarmd.codec.hop_by_hop import end_to_end
from swarmd.core.errors import ApiError
from swarmd.core.request.media import ARCHIVE
from swarmd.streams.interfaces import ClientRequest

HOST = (b"Host", b"docker")  # engines only check that there is one
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_TRACE = frozenset((b"traceparent", b"tracestate"))  # written anew for each request
_BODY = _FRAMING | _TRACE | {b"host", b"content-type", b"expect"}
# The body has been collected, and an answer in plain text can be rewritten. What a body is, its
# route says, and never the client: engines look for more of the query in what is called a form.
_OURS = _TRACE | {b"host", b"content-length", b"content-type", b"expect", b"accept-encoding"}
_JSON_BODY = b"Content-Type: application/json\r\nContent-Length: %d\r\n"
_NO_BODY = b"Content-Length: 0\r\n"


def request_head(client: ClientRequest, target: bytes, length: int) -> bytes:
    """The client's head for a body that is already here, ``length`` bytes of JSON."""
    fields = client.head.fields
    if not fields.passed_on:
        kept = _without(end_to_end(fields.headers), _OURS)
        fields.passed_on = render_fields([HOST, *kept])
    own = _trace(client) + _body(client, length)
    line = (client.method, target, fields.version, fields.passed_on, own)
    return b"%b %b HTTP/%b\r\n%b%b\r\n" % line


def upgrade_head(client: ClientRequest, target: bytes, length: int) -> bytes:
    """The same, asking for an upgrade if the client does."""
    headers = _without(end_to_end(client.head.headers, keep=(b"upgrade",)), _OURS)
    if client.head.upgrade:
        headers.append((b"Connection", b"Upgrade"))
    return _render(client, target, headers, _body(client, length))


def tunnel_head(client: ClientRequest, target: bytes, *, uploads: bool) -> bytes:
    """The client's head for an archive that follows as the client frames it, or for no body.

    With ``Connection: close``: another request on the same connection could belong to another
    engine, and an answer that nobody frames must end with the connection.
    """
    if uploads:
        headers = end_to_end(client.head.headers, keep=(b"transfer-encoding",))
        headers = _without(headers, _TRACE | {b"host", b"content-type"})
    else:
        headers = _without(end_to_end(client.head.headers), _BODY)
    headers.append((b"Connection", b"close"))
    if client.method in (b"GET", b"HEAD"):
        return _render(client, target, headers)
    headers.append((b"Content-Type", ARCHIVE.sent_as))
    return _render(client, target, headers, b"" if uploads else _NO_BODY)


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


def with_body(head: ResponseHead, body: bytes) -> bytes:
    """The whole answer with another body, as long as it is."""
    headers = [*_without(head.headers, _FRAMING), (b"Content-Length", b"%d" % len(body))]
    changed = render_response(head.status, head.reason, headers)
    return changed.replace(b"1.1", head.version, 1) + body


def raw_error(error: ApiError) -> bytes:
    """A whole response, where the client's connection is no longer anybody's HTTP."""
    body = orjson.dumps({"message": error.message}) + b"\n"
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Connection", b"close"),
    ]
    reason = HTTPStatus(error.status).phrase.encode()
    return render_response(error.status, reason, headers) + body


def _render(client: ClientRequest, target: bytes, headers: Headers, body: bytes = b"") -> bytes:
    fields = render_fields([HOST, *headers])
    # In HTTP/1.0 the engine answers in a way that such a client understands.
    line = (client.method, target, client.head.version, fields, _trace(client) + body)
    return b"%b %b HTTP/%b\r\n%b%b\r\n" % line


def _trace(client: ClientRequest) -> bytes:
    """The lines that tell the engine which trace it takes part in."""
    record = client.record
    return b"" if record is None or record.trace is None else record.trace.lines


def _body(client: ClientRequest, length: int) -> bytes:
    """The lines that describe a body which has been collected."""
    if length:
        return _JSON_BODY % length
    return b"" if client.method in (b"GET", b"HEAD") else _NO_BODY


def _without(headers: Headers, names: Collection[bytes]) -> Headers:
    return [pair for pair in headers if pair[0].lower() not in names]


def _retyped(headers: Headers, content_type: bytes) -> Headers:
    return [*_without(headers, (b"content-type",)), (b"Content-Type", content_type)]
