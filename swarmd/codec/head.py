"""Request and response heads: a strict scanner and the matching renderer.

Whatever two HTTP implementations are known to read differently (bare LF, folded lines, a space
before the colon, two lengths, a length beside chunks) is refused, because a door that routes by one
reading must not forward bytes that an engine takes for another (RFC 9112 §§2.2, 5, 6, 11.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

V = TypeVar("V")
Headers = list[tuple[bytes, bytes]]

MAX_HEAD = 64 * 1024
MAX_FIELDS = 200
# Of each kind of head: at most half a mebibyte of text, and a few times that once it is read.
MOST_REMEMBERED = 512
LARGEST_REMEMBERED = 1024

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_REQUEST_LINE = re.compile(rb"(%b++) ([^\x00-\x20\x7f]++) HTTP/(\d\.\d)" % _TOKEN)
_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-5]\d\d)(?: ([^\x00-\x08\x0a-\x1f\x7f]*+))?")
# One whole line each. Possessive, so that no input can make it backtrack more than once.
_FIELD = re.compile(
    rb"^(%b++):[ \t]*+((?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?+)[ \t]*+\r\n" % _TOKEN, re.M
)
# Some of what engines take as an authority, and nothing that they do not.
_ABSOLUTE = re.compile(
    rb"https?://(?:[0-9A-Za-z._~-]++|\[[0-9A-Fa-f:.]++\])(?::\d*+)?(?=[/?#]|$)", re.I
)
# What an engine accepts as Host; '/' is not in it.
_HOST = re.compile(rb"[!$%&'()*+,\-.:;=\[\]_~0-9A-Za-z]*+")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# Engines find "close" in "x close" too, and then see no second request behind the first.
_BETWEEN_WORDS = re.compile(rb"[ ,\t]")
_SINGLE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"origin")
_BODILESS = (204, 304)
_TLS_HELLO = b"\x16\x03"
_SECRET = (b"registry", b"auth", b"cookie", b"token")  # in names of headers


class BadHead(ValueError):
    """A head that is not safe to act on.

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


class Fields:
    """The header lines of one head, judged once: what repeats them byte for byte shares this.

    Attributes:
        headers: (name as received, value without surrounding blanks), in order; never changed.
        length: The Content-Length; None if there is none.
        chunked: The body has chunked coding.
        keep_alive: The sender is willing to use the connection again.
        upgrade: There is an Upgrade header, which is all that engines look at.
        passed_on: Room for these lines as a relay sends them on; b"" until it has made them.
    """

    __slots__ = (
        *("_values", "chunked", "headers", "keep_alive", "length", "passed_on", "upgrade"),
        "version",
    )

    def __init__(self, version: bytes, headers: Headers) -> None:
        self.version = version
        self.headers = headers
        self._values = values = _indexed(headers)
        self.length = _length(values.get(b"content-length"))
        self.chunked = b"transfer-encoding" in values and self._is_chunked()
        self.keep_alive = version == b"1.1"
        if b"connection" in values:
            self.keep_alive = _persistent(version, values[b"connection"])
        self.upgrade = b"upgrade" in values
        self.passed_on = b""

    def get(self, name: bytes) -> bytes | None:
        """The value of a header, by its lower-case name; repeated ones are joined by a comma."""
        return self._values.get(name)

    @property
    def secret(self) -> bool:
        """Whether there may be a password in them, which is not to stay in memory."""
        return any(word in name for name in self._values for word in _SECRET)

    def _is_chunked(self) -> bool:
        if self._values[b"transfer-encoding"].lower() != b"chunked":
            raise BadHead(501, "unsupported transfer encoding")
        if self.length is not None:
            raise BadHead(400, "both Content-Length and Transfer-Encoding")
        if self.version == b"1.0":
            raise BadHead(400, "Transfer-Encoding in HTTP/1.0")
        return True


class RequestFields(Fields):
    """The header lines of a request.

    Attributes:
        expect_continue: The client waits for ``100 Continue`` before it sends the body.
        passed: Room for the gate that has let these lines pass.
    """

    __slots__ = ("expect_continue", "passed")

    def __init__(self, version: bytes, headers: Headers) -> None:
        super().__init__(version, headers)
        self.expect_continue = b"expect" in self._values and self._expects()
        self.passed: object = None
        self._check_host()

    def _check_host(self) -> None:
        host = self._values.get(b"host")
        if host is None:
            if self.version == b"1.1":
                raise BadHead(400, "missing required Host header")
        elif not _HOST.fullmatch(host):
            raise BadHead(400, "malformed Host header")

    def _expects(self) -> bool:
        if self._values[b"expect"].lower() != b"100-continue":
            raise BadHead(417, "unknown expectation")
        return self.version == b"1.1"


class RequestHead:
    """A request line and its headers; what is said of ``Fields`` is here, too.

    Attributes:
        target: In origin form (``/path?query``) or ``*``; an absolute URI is brought to that form.
        version: ``b"1.1"`` or ``b"1.0"``.
    """

    __slots__ = (
        *("chunked", "expect_continue", "fields", "get", "headers", "keep_alive", "length"),
        *("method", "target", "upgrade", "version"),
    )

    def __init__(self, method: bytes, target: bytes, fields: RequestFields) -> None:
        self.method = method
        self.target = target if target.startswith(b"/") else _origin_form(target)
        if b"%" in target and _BAD_ESCAPE.search(target.partition(b"?")[0]):
            raise BadHead(400, "invalid URL escape")
        self.fields = fields
        self.version = fields.version
        self.headers = fields.headers
        self.length = fields.length
        self.chunked = fields.chunked
        self.keep_alive = fields.keep_alive
        self.upgrade = fields.upgrade
        self.expect_continue = fields.expect_continue
        self.get = fields.get


class ResponseHead(Fields):
    """A status line and its headers.

    Attributes:
        interim: 1xx but not 101: the real head is still to come.
    """

    __slots__ = ("interim", "reason", "status")

    def __init__(self, version: bytes, status: int, reason: bytes, headers: Headers) -> None:
        super().__init__(version, headers)
        self.status = status
        self.reason = reason
        self.interim = status < 200 and status != 101

    def has_body(self, method: bytes) -> bool:
        """Whether anything follows the head, given the request's method (RFC 9112 §6.3)."""
        return method != b"HEAD" and self.status >= 200 and self.status not in _BODILESS


class Memory(dict[bytes, V]):
    """A cache of what was read lately, by its very bytes.

    A client sends the same header lines with every request, and an engine the same head within one
    second: reading them again was a third of the Python in a forwarded call. Bounded in number and
    size; forgets everything when it is full, which costs less than keeping an order.
    """

    def learn(self, text: bytes, value: V) -> None:
        if len(text) <= LARGEST_REMEMBERED:
            if len(self) >= MOST_REMEMBERED:
                self.clear()
            self[text] = value


_asked: Memory[RequestFields] = Memory()
_answered: Memory[ResponseHead] = Memory()


def scan_request(buffer: bytes) -> tuple[RequestHead, int] | None:
    """The request head at the start of ``buffer`` and how many bytes it has; None if unfinished.

    Raises:
        BadHead: It is none, or could be read in two ways, or is larger than the bounds.
    """
    end = _end(buffer)
    if end is None:
        _refuse_strangers(buffer)
        return None
    first = buffer.index(b"\r\n")
    line = _REQUEST_LINE.fullmatch(buffer, 0, first)
    block = buffer[first + 2 : end - 2]
    known = _asked.get(block)
    if known is not None and line is not None and line[3] == b"1.1":
        return RequestHead(line[1], line[2], known), end
    headers = _split(block)
    if line is None:
        raise BadHead(400, "malformed request line")
    method, target, version = line.groups()
    if version not in (b"1.1", b"1.0"):
        raise BadHead(505, "unsupported protocol version")
    fields = RequestFields(version, headers)
    # Who takes part in a trace repeats no head, and would push out those of all others.
    if version == b"1.1" and not fields.secret and fields.get(b"traceparent") is None:
        _asked.learn(block, fields)
    return RequestHead(method, target, fields), end


def scan_response(buffer: bytes) -> tuple[ResponseHead, int] | None:
    """The response head at the start of ``buffer``, like ``scan_request``."""
    end = _end(buffer)
    if end is None:
        if not b"HTTP/1.".startswith(buffer[:7]):
            raise BadHead(502, "the answer is not HTTP")
        return None
    text = buffer[:end]
    known = _answered.get(text)
    if known is not None:
        return known, end
    first = text.index(b"\r\n")
    headers = _split(text[first + 2 : -2])
    line = _STATUS_LINE.fullmatch(text, 0, first)
    if line is None:
        raise BadHead(502, "malformed status line")
    version, status, reason = line.groups()
    head = ResponseHead(version, int(status), reason or b"", headers)
    if not head.secret:
        _answered.learn(text, head)
    return head, end


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


def _split(block: bytes) -> Headers:
    headers = _FIELD.findall(block)
    # A match is exactly one line and starts where a line starts: equal counts leave nothing over.
    if len(headers) != block.count(b"\n"):
        raise BadHead(400, "malformed header line")
    if len(headers) > MAX_FIELDS:
        raise BadHead(431, "too many header fields")
    return headers


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
    words = _BETWEEN_WORDS.split(connection.lower())
    return b"close" not in words if version == b"1.1" else b"keep-alive" in words


def _origin_form(target: bytes) -> bytes:
    """``*`` as it is, and an absolute URI without scheme and authority, as engines read it."""
    if target == b"*":
        return target
    absolute = _ABSOLUTE.match(target)
    if absolute is None:
        raise BadHead(400, "invalid request target")
    rest = target[absolute.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest
