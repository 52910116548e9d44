from __future__ import annotations

import pytest

from swarmd.codec.head import scan_request, scan_response
from swarmd.core.errors import EngineUnreachable
from swarmd.core.request.request_record import RequestRecord
from swarmd.core.request.trace_context import begun
from swarmd.streams.rewrite import (
    raw_error,
    request_head,
    rewritten_head,
    tunnel_head,
    upgrade_head,
    with_type,
)
from tests.streams.memory import Request, get, post


def test_a_tunnel_keeps_the_clients_framing_and_its_expectation() -> None:
    for line in (b"Transfer-Encoding: chunked", b"Content-Length: 7", b"Expect: 100-continue"):
        request = post(b"/x", line, b"Connection: keep-alive", b"Content-Type: text/plain")
        head = tunnel_head(request, b"/y", uploads=True)
        assert b"\r\nContent-Type: application/x-tar\r\n" in head and b"text/plain" not in head
        assert line + b"\r\n" in head
        assert head.count(b"Connection: close\r\n") == 1 and b"keep-alive" not in head


def test_a_tunnel_without_an_upload_sends_nothing_that_announces_a_body() -> None:
    lines = b"Content-Length: 7", b"Content-Type: a/b", b"Expect: 100-continue"
    head = tunnel_head(get(b"/x", *lines), b"/y", uploads=False)
    assert b"Content" not in head and b"Expect" not in head
    head = tunnel_head(post(b"/x", *lines[1:]), b"/y", uploads=False)
    assert b"\r\nContent-Length: 0\r\n" in head and b"a/b" not in head


def test_only_one_host() -> None:
    for head in (tunnel_head(get(), b"/y", uploads=False), request_head(get(), b"/y", 0)):
        assert head.count(b"Host: ") == 1 and b"swarm:2375" not in head


def test_every_head_is_one_that_we_would_accept() -> None:
    request = post(b"/x", b"X-Registry-Auth: " + b"a" * 30000, b"X-Empty:", b"Upgrade: h2c")
    for head in (tunnel_head(request, b"/y?z=%20", uploads=False), request_head(request, b"/y", 3)):
        scanned = scan_request(head)
        assert scanned is not None and scanned[1] == len(head)
        assert not scanned[0].upgrade


@pytest.mark.parametrize("length", [b"0", b"12"])
@pytest.mark.parametrize("kind", [b"text/plain", b"multipart/form-data; boundary=x", b"a", b""])
def test_a_body_is_json_whatever_the_client_says(length: bytes, kind: bytes) -> None:
    """The command line names a type even where it sends nothing."""
    own = post(b"/commit", b"Content-Length: " + length, b"cOntent-type: " + kind)
    assert b"ontent-type" not in request_head(own, b"/commit", 0)
    for head in (request_head(own, b"/commit", 12), upgrade_head(own, b"/commit", 12)):
        assert head.lower().count(b"content-type") == 1
        assert b"\r\nContent-Type: application/json\r\nContent-Length: 12\r\n" in head


def test_an_old_client_keeps_its_version() -> None:
    old = Request(b"GET /x HTTP/1.0\r\n\r\n")
    assert tunnel_head(old, b"/y", uploads=False).startswith(b"GET /y HTTP/1.0\r\n")


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_rewritten_answer_has_one_length(framing: bytes) -> None:
    scanned = scan_response(b"HTTP/1.1 201 Created\r\n%b\r\nServer: Docker\r\n\r\n" % framing)
    assert scanned is not None
    head = rewritten_head(scanned[0], 9, b"a/b", keep_alive=True)
    assert head == (
        b"HTTP/1.1 201 Created\r\nServer: Docker\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\n"
    )


def test_a_retyped_answer_keeps_the_rest() -> None:
    raw = b"HTTP/1.0 200 OK\r\nContent-Type: a\r\nX: y\r\n\r\nbody\r\n\r\n"
    scanned = scan_response(raw)
    assert scanned is not None
    changed = with_type(raw, scanned[0], b"b")
    assert changed == b"HTTP/1.0 200 OK\r\nX: y\r\nContent-Type: b\r\n\r\nbody\r\n\r\n"


def test_an_error_for_a_connection_without_http() -> None:
    raw = raw_error(EngineUnreachable("n", 'a "quoted" cause'))
    scanned = scan_response(raw)
    assert scanned is not None and scanned[0].status == 503 and not scanned[0].keep_alive
    assert scanned[0].length == len(raw) - scanned[1]


def traced(request: Request) -> Request:
    request.record = RequestRecord(begun("a" * 32, "b" * 16))
    return request


OURS = b"traceparent: 00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01\r\n"


def heads(request: Request) -> list[bytes]:
    return [
        request_head(request, b"/y", 0),
        upgrade_head(request, b"/y", 0),
        tunnel_head(request, b"/y", uploads=False),
        tunnel_head(request, b"/y", uploads=True),
    ]


def test_the_trace_is_the_one_that_was_read_and_never_what_came() -> None:
    lines = b"TraceParent: nonsense", b"tracestate: evil=1"
    for head in heads(traced(post(b"/x", *lines))):
        assert head.count(OURS) == 1 and head.lower().count(b"traceparent") == 1
        assert b"evil" not in head
    for head in heads(post(b"/x", *lines)):
        assert b"trace" not in head.lower()


def test_the_same_lines_in_another_trace() -> None:
    first = traced(get(b"/x", b"X-Same: 1"))
    assert OURS in request_head(first, b"/y", 0)
    first.record = None
    assert b"traceparent" not in request_head(first, b"/y", 0)
