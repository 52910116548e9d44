"""Twisted's request without what hardly anybody asks for, until somebody does; and its record."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.web.http import parse_qs
from twisted.web.http_headers import Headers
from twisted.web.server import Request

from swarmd.codec.head import RequestHead
from swarmd.core.request.request_record import RequestRecord
from swarmd.front.channel import Channel

# What Twisted's constructor makes for each request, a twelfth of a forwarded call's Python.
_LATER: dict[str, Callable[[Any], object]] = {
    "client": lambda request: request.channel.getPeer(),
    "host": lambda request: request.channel.getHost(),
    "responseHeaders": lambda _: Headers(),
    "received_cookies": lambda _: {},
    "cookies": lambda _: [],
    "notifications": lambda _: [],
    "_adapterCache": lambda _: {},
}


class LazyRequest(Request):
    """Twisted's request with parts that are made when they are asked for.

    Its constructor is not Twisted's, whose objects are made when they are asked for.

    Attributes:
        head: The request's head as it came.
        body: The whole body, unless the resource takes the head.
        raw_query: What follows the question mark.
        arrived: When its head was complete, by the site's clock.
        record: For the access log and traces; None if there are none.
    """

    # Narrower than in Twisted, which fixes the classes that it comes with.
    channel: Channel  # type: ignore[assignment]
    head: RequestHead
    raw_query: bytes
    arrived: float
    record: RequestRecord | None = None
    body = b""
    _parsePOSTFormSubmission = False
    _content: BytesIO | None = None
    _headers: Headers | None = None

    def __getattr__(self, name: str) -> Any:
        """What is missing until somebody asks for it."""
        make = _LATER.get(name)
        if make is None:
            raise AttributeError(name)
        value = make(self)
        setattr(self, name, value)
        return value

    @property
    def requestHeaders(self) -> Headers:  # type: ignore[override]
        """Twisted's form of the headers, made for the few who ask."""
        if self._headers is None:
            self._headers = Headers()
            for name, value in self.head.headers:
                self._headers.addRawHeader(name, value)
        return self._headers

    @property
    def content(self) -> BytesIO:  # type: ignore[override]
        """Twisted's form of the body."""
        if self._content is None:
            self._content = BytesIO(self.body)
        return self._content

    @property
    def args(self) -> dict[bytes, list[bytes]]:  # type: ignore[override]
        """Twisted's form of the query."""
        values: dict[bytes, list[bytes]] = parse_qs(self.raw_query, keep_blank_values=True)
        return values

    def write(self, data: bytes) -> None:
        """Twisted's way to answer."""
        if not self.startedWriting:
            self.answered(self.code)
        super().write(data)

    def answered(self, status: int) -> None:
        """The head of the answer goes out, whoever has written it."""
        site = self.channel.site
        waited = site.now() - self.arrived
        site.answered(self.method, status, waited)
        if self.record is not None:
            self.record.answered(status, waited)

    def finish_record(self, *, complete: bool) -> None:
        """Of what was not taken over by a stream."""
        record = self.record
        if record is not None:
            record.received, record.sent = self.channel.received, self.channel.sent
            record.finish(complete=complete)

    @property
    def trace_id(self) -> str:
        """Of the trace that it belongs to; "" if there is none."""
        trace = None if self.record is None else self.record.trace
        return "" if trace is None else trace.trace_id
