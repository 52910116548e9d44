from __future__ import annotations

import pytest

from swarmd.codec.framing import response_framing
from swarmd.codec.head import scan_response
from swarmd.codec.plain_http import PLAIN_HTTP_REFUSAL, looks_like_plain_http


@pytest.mark.parametrize(
    ("first", "plain"),
    [(b"GET / HTTP/1.1", True), (b"P", True), (b"\x16\x03\x01", False), (b"\x80", False)],
)
def test_sniffing(first: bytes, plain: bool) -> None:
    assert looks_like_plain_http(first) is plain


def test_the_refusal_is_a_whole_response() -> None:
    head, used = scan_response(PLAIN_HTTP_REFUSAL) or pytest.fail()
    body = bytearray()
    framing = response_framing(b"GET", head)
    assert framing.feed(PLAIN_HTTP_REFUSAL[used:], body) == len(PLAIN_HTTP_REFUSAL) - used
    assert framing.done and b"HTTP request to an HTTPS server" in body
    assert head.status == 400 and not head.keep_alive
