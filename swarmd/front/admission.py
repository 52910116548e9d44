"""Admission of a request, before anything reads it: who may have sent it, as what; its record."""

from __future__ import annotations

import os

from swarmd.codec.path import decode_path
from swarmd.core.request import trace_context
from swarmd.core.request.media import check_body, check_empty
from swarmd.core.request.request_record import RequestRecord
from swarmd.core.request.routes import PUBLIC_PATHS, media_of
from swarmd.core.request.version import parse_prefix
from swarmd.front.channel import Channel
from swarmd.front.client_identity import proves_itself
from swarmd.front.lazy_request import LazyRequest
from swarmd.front.origin_check import OriginCheck

_SPAN, _TRACE = 8, 16  # bytes of an ID


def enter(request: LazyRequest) -> None:
    """Raises ApiError where a foreign web page may be the sender."""
    channel, head = request.channel, request.head
    origin_check = channel.origin_check
    if origin_check is None:
        origin_check = channel.origin_check = _origin_check_of(channel)
    if request.path in PUBLIC_PATHS:
        origin_check = channel.site.inner_origin_check
    if head.fields.passed is not origin_check:
        origin_check.check(head)


def _origin_check_of(channel: Channel) -> OriginCheck:
    """Asked at the first request, when a TLS handshake is over."""
    site = channel.site
    return site.inner_origin_check if proves_itself(channel.transport) else site.origin_check


def check_type(request: LazyRequest) -> None:
    """Raises ApiError where the body, still unread, is not of a kind that the route takes."""
    given, has_body = request.head.get(b"content-type"), request.channel.has_body
    if given is None and not has_body:
        return
    text = (given or b"").decode("latin-1")
    if has_body:
        check_body(text, media_of(request.method.decode(), _segments(request.path)))
    else:
        check_empty(text)


def _segments(path: bytes) -> list[str]:
    """Of a path without its version."""
    segments = decode_path(path).decode("latin-1").split("/")[1:]
    return segments[1:] if parse_prefix(segments[0]) is not None else segments


def record_of(request: LazyRequest) -> RequestRecord | None:
    """A record for the access log and for the request's trace; None if there is neither."""
    site, head = request.channel.site, request.head
    given = head.get(b"traceparent")
    if given is None and site.access is None and not site.trace_requests:
        return None
    trace = None
    if given is not None:
        state = head.get(b"tracestate")
        trace = trace_context.continued(given, state, os.urandom(_SPAN).hex())
    if trace is None and site.trace_requests:
        trace = trace_context.begun(os.urandom(_TRACE).hex(), os.urandom(_SPAN).hex())
    if site.access is not None:
        return site.access(request, trace)
    return None if trace is None else RequestRecord(trace)
