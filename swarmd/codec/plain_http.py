"""Plain HTTP on a TLS port: recognised, and refused in words."""

from __future__ import annotations

_TEXT = b'{"message":"Client sent an HTTP request to an HTTPS server."}\n'
PLAIN_HTTP_REFUSAL = (
    b"HTTP/1.1 400 Bad Request\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: close\r\n\r\n%b" % (len(_TEXT), _TEXT)
)


def looks_like_plain_http(first: bytes) -> bool:
    """Whether a connection that begins so is no TLS, whose records begin with 0x14 to 0x17."""
    return first[:1].isalpha()
