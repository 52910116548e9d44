"""Request and response heads: a strict scanner and the matching renderer.

Whatever two HTTP implementations are known to read differently (bare LF, folded lines, a space
before the colon, two lengths, a length beside chunks) is refused, because a door that routes by one
reading must not forward bytes that an engine takes for another (RFC 9112 §§2.2, 5, 6, 11.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

MAX_HEAD = 64 * 1024
MAX_FIELDS = 200

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_REQUEST_LINE = re.compile(rb"(%b++) ([^\x00-\x20\x7f]++) HTTP/(\d\.\d)" % _TOKEN)
_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-5]\d\d)(?: ([^\x00-\x08\x0a-\x1f\x7f]*+))?")
# One whole line each. Possessive, so that no input can make it backtrack more than once.
_FIELD = re.compile(
    rb"^(%b++):[ \t]*+((?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?+)[ \t]*+\r\n" % _TOKEN, re.M
)
_ABSOLUTE = re.compile(rb"https?://([^/?#]++)", re.I)
# What an engine accepts as Host; '/' is not in it.
_HOST = re.compile(rb"[!$%&'()*+,\-.:;=\[\]_~0-9A-Za-z]*+")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SINGLE = (b"host", b"content-length", b"transfer-encoding")
_BODILESS = (204, 304)
_TLS_HELLO = b"\x16\x03"


class BadHead(ValueError):
    """Not a head that is safe to act on.

    Attributes:
        status: The HTTP status to refuse a request with.
        text: The reason, for the client.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class TlsHello(BadHead):
    """The beginning of a TLS connection, where HTTP was expected."""

    def __init__(self) -> None:
        super().__init__(400, "Client sent an HTTPS request to an HTTP server.")


class Head:
    """What requests and responses share.

    Attributes:
        headers: (name as received, value without surrounding blanks), in order.
        length: The Content-Length; None if there is none.
        chunked: The body has chunked coding.
        keep_alive: The sender is willing to use the connection again.
        upgrade: There is an Upgrade header, which is all that engines look at.
    """

    __slots__ = ("_fields", "chunked", "headers", "keep_alive", "length", "upgrade", "version")

    def __init__(self, version: bytes, headers: Headers) -> None:
        self.version = version
        self.headers = headers
        self._fields = fields = _indexed(headers)
        self.length = _length(fields.get(b"content-length"))
        self.chunked = b"transfer-encoding" in fields and self._is_chunked()
        self.keep_alive = version == b"1.1"
        if b"connection" in fields:
            self.keep_alive = _persistent(version, fields[b"connection"])
        self.upgrade = b"upgrade" in fields

    def get(self, name: bytes) -> bytes | None:
        """The value of a header, by its lower-case name; repeated ones are joined by a comma."""
        return self._fields.get(name)

    def _is_chunked(self) -> bool:
        if self._fields[b"transfer-encoding"].lower() != b"chunked":
            raise BadHead(501, "unsupported transfer encoding")
        if self.length is not None:
            raise BadHead(400, "both Content-Length and Transfer-Encoding")
        if self.version == b"1.0":
            raise BadHead(400, "Transfer-Encoding in HTTP/1.0")
        return True


class RequestHead(Head):
    """A request line and its headers.

    Attributes:
        target: In origin form (``/path?query``) or ``*``; an absolute URI is brought to that form.
        version: ``b"1.1"`` or ``b"1.0"``.
        expect_continue: The client waits for ``100 Continue`` before it sends the body.
    """

    __slots__ = ("expect_continue", "method", "target")

    def __init__(self, method: bytes, target: bytes, version: bytes, headers: Headers) -> None:
        super().__init__(version, headers)
        self.method = method
        self.target = target
        self.expect_continue = b"expect" in self._fields and self._expects()
        self._check_host()
        if not target.startswith(b"/"):
            self.target = _origin_form(target)
        if b"%" in target and _BAD_ESCAPE.search(target.partition(b"?")[0]):
            raise BadHead(400, "invalid URL escape")

    def _check_host(self) -> None:
        host = self._fields.get(b"host")
        if host is None:
            if self.version == b"1.1":
                raise BadHead(400, "missing required Host header")
        elif not _HOST.fullmatch(host):
            raise BadHead(400, "malformed Host header")

    def _expects(self) -> bool:
        if self._fields[b"expect"].lower() != b"100-continue":
            raise BadHead(417, "unknown expectation")
        return self.version == b"1.1"


class ResponseHead(Head):
    """A status line and its headers.

    Attributes:
        interim: 1xx but not 101: the real head is still to come.
    """

    __slots__ = ("reason", "status")

    def __init__(self, version: bytes, status: int, reason: bytes, headers: Headers) -> None:
        super().__init__(version, headers)
        self.status = status
        self.reason = reason

    @property
    def interim(self) -> bool:
        return self.status < 200 and self.status != 101

    def has_body(self, method: bytes) -> bool:
        """Whether anything follows the head, given the request's method (RFC 9112 §6.3)."""
        return method != b"HEAD" and self.status >= 200 and self.status not in _BODILESS


def scan_request(buffer: bytes) -> tuple[RequestHead, int] | None:
    """The request head at the start of ``buffer`` and how many bytes it has; None if unfinished.

    Raises:
        BadHead: It is none, or could be read in two ways, or is larger than the bounds.
    """
    end = _end(buffer)
    if end is None:
        _refuse_strangers(buffer)
        return None
    first, headers = _split(buffer, end)
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise BadHead(400, "malformed request line")
    method, target, version = line.groups()
    if version not in (b"1.1", b"1.0"):
        raise BadHead(505, "unsupported protocol version")
    return RequestHead(method, target, version, headers), end


def scan_response(buffer: bytes) -> tuple[ResponseHead, int] | None:
    """The response head at the start of ``buffer``, like ``scan_request``."""
    end = _end(buffer)
    if end is None:
        if not b"HTTP/1.".startswith(buffer[:7]):
            raise BadHead(502, "the answer is not HTTP")
        return None
    first, headers = _split(buffer, end)
    line = _STATUS_LINE.fullmatch(first)
    if line is None:
        raise BadHead(502, "malformed status line")
    version, status, reason = line.groups()
    return ResponseHead(version, int(status), reason or b"", headers), end


def render_request(method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, render_fields(headers))


def render_response(status: int, reason: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, reason, render_fields(headers))


def render_fields(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Header lines.

    Raises:
        ValueError: A value would end its line.
    """
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    block = b"".join(lines)
    if not len(lines) == block.count(b"\n") == len(_FIELD.findall(block)):
        raise ValueError("not a header value")
    return block


def _end(buffer: bytes) -> int | None:
    """Where the head ends; None if that is still to come."""
    end = buffer.find(b"\r\n\r\n", 0, MAX_HEAD) + 4
    if end > 3:
        return end
    if len(buffer) >= MAX_HEAD:
        raise BadHead(431, "request header fields too large")
    if buffer.startswith(_TLS_HELLO):  # whose random bytes may well hold a line feed
        return None
    # Counting is several times faster than a look-behind, and this runs at every segment.
    if buffer.count(b"\n") != buffer.count(b"\r\n"):
        raise BadHead(400, "bare line feed in the head")
    return None


def _refuse_strangers(buffer: bytes) -> None:
    """A TLS hello never has an end of head: say so now, or its sender waits for the time limit."""
    if buffer.startswith(_TLS_HELLO):
        raise TlsHello
    if buffer and buffer[0] < 0x21:
        raise BadHead(400, "malformed request line")


def _split(buffer: bytes, end: int) -> tuple[bytes, Headers]:
    first = buffer.index(b"\r\n")
    block = buffer[first + 2 : end - 2]
    headers = _FIELD.findall(block)
    # A match is exactly one line and starts where a line starts: equal counts leave nothing over.
    if len(headers) != block.count(b"\n"):
        raise BadHead(400, "malformed header line")
    if len(headers) > MAX_FIELDS:
        raise BadHead(431, "too many header fields")
    return buffer[:first], headers


def _indexed(headers: Headers) -> dict[bytes, bytes]:
    fields = {name.lower(): value for name, value in headers}
    return fields if len(fields) == len(headers) else _joined(headers)


def _joined(headers: Headers) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        key = name.lower()
        if key in fields and key in _SINGLE:
            raise BadHead(400, f"too many {name.decode('ascii')} headers")
        fields[key] = fields[key] + b", " + value if key in fields else value
    return fields


def _length(value: bytes | None) -> int | None:
    if value is None:
        return None
    if not value.isdigit() or len(value) > 18:
        raise BadHead(400, "bad Content-Length")
    return int(value)


def _persistent(version: bytes, connection: bytes) -> bool:
    tokens = [token.strip() for token in connection.lower().split(b",")]
    return b"close" not in tokens if version == b"1.1" else b"keep-alive" in tokens


def _origin_form(target: bytes) -> bytes:
    """``*`` as it is, and an absolute URI without scheme and authority, as engines read it."""
    if target == b"*":
        return target
    absolute = _ABSOLUTE.match(target)
    if absolute is None or not _HOST.fullmatch(absolute[1]):
        raise BadHead(400, "invalid request target")
    rest = target[absolute.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest
