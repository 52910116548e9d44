"""One client connection: heads in, requests out, bodies and bounds in between.

Fulfils the contract that ``twisted.web.http.Request`` has with its channel, so that any resource
works on it, and adds what HTTPChannel cannot do: a resource is found at the head, a stream takes
the connection over, a client may half-close.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    IPushProducer,
)
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from zope.interface import implementer

from swarmd.codec.head import BadHead, TlsHello, scan_request
from swarmd.core.errors import ApiError
from swarmd.core.request.bounds import LARGE
from swarmd.front.body import Body
from swarmd.front.client_site import ClientSite
from swarmd.front.connection import ClientConnection
from swarmd.front.interfaces import BodySink, Request, StreamEnd
from swarmd.front.lingering_close import LINGER_TIME, LingeringClose
from swarmd.front.reply import header_lines, last_words, render_head

# What a client may send ahead of the answer to its current request, in bytes.
MAX_AHEAD = 16 * 1024
# How long the last answer of a connection may take to get out, in seconds.
CLOSING_TIME = 300.0


class Phase(Enum):
    """Where a connection is in the exchange of a request and its answer."""

    HEAD = "waits for a request, or for the rest of its head"
    BODY = "collects a request's body"
    ANSWER = "waits for the answer to be complete"
    STREAM = "has been taken over"
    CLOSING = "sends what is left of the last answer"


@implementer(IHandshakeListener, IHalfCloseableProtocol, IPushProducer)
class Channel(ClientConnection):
    """The HTTP protocol of a client's connection, as ``DockerSite`` builds it."""

    __slots__ = (
        *("_ahead", "_blocked", "_body", "_end", "_persistent", "_phase", "_queued"),
        *("_request", "_served", "_working"),
    )

    def __init__(self, site: ClientSite[Any]) -> None:
        super().__init__(site)
        self._phase = Phase.HEAD
        self._ahead = b""
        self._body: Body | None = None
        self._request: Request | None = None
        self._end: StreamEnd | None = None
        self._persistent = True
        # Busy in the loop below; the transport's buffer is full.
        self._working = self._blocked = False
        # In the loop below a request was begun; another waits until others have had their turn.
        self._served = self._queued = False

    # What the transport tells.

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)
        if not self.site.admit(self):
            self._refuse(503, "swarmd serves as many connections as it may; try again later")

    def dataReceived(self, data: bytes) -> None:
        if self._end is not None:
            self._end.received(data)
        else:
            self._ahead = self._ahead + data if self._ahead else data
            self._proceed()

    def readConnectionLost(self) -> None:
        """The client has sent its last byte: on a stream an event, else it has left."""
        if self._end is not None:
            self._end.half_closed()
        elif self._queued or (self._request is not None and self._request.survives_half_close):
            self._read_ended = True
        else:
            self._drop_request(Failure(ConnectionDone("client left")))
            self.loseConnection()

    def connectionLost(self, reason: Failure) -> None:
        self.site.forget(self)
        self._phase = Phase.CLOSING
        self.deadline = None
        self._ahead = b""
        end, self._end = self._end, None
        self._drop_request(reason)
        if end is not None:
            end.lost(reason)

    def _drop_request(self, reason: Failure) -> None:
        request, self._request = self._request, None
        self.site.body_budget.free(self)
        if request is not None:
            request.connectionLost(reason)

    # From bytes to requests.

    def _proceed(self) -> None:
        """Works through what has come; answers given on the way do not recurse into it."""
        if self._working:
            return
        self._working, self._served = True, False
        try:
            while self._ahead and self._step():
                pass
        except BadHead as error:
            if isinstance(error, TlsHello):
                self.site.refused(self._peer, "it speaks TLS to a port without")
            self._refuse(error.status, error.text)
        finally:
            self._working = False
        self._throttle()

    def _step(self) -> bool:
        """Takes one head, or some body; False if something else has to happen first."""
        if self._phase is Phase.HEAD:
            self.site.catch_up()  # which may also pass this connection on
        if self._phase is Phase.HEAD:
            if self.goes:
                self.site.clock.callLater(0, self.pass_on)
            return not (self._blocked or self.goes) and self._is_its_turn() and self._read_head()
        body = self._body
        return self._phase is Phase.BODY and not (body and body.held) and self._read_body()

    def _is_its_turn(self) -> bool:
        """One request at a time: what is sent behind it waits for the other connections."""
        if self._served and not self._queued:
            self._queued = True
            self.site.round_robin.add(self._take_turn)
        return not self._queued

    def pass_on(self) -> None:
        if self._phase is Phase.HEAD and self.passed_on(self._ahead):
            self._start_closing(CLOSING_TIME)
            self.part()
        elif not self.goes:
            self._proceed()

    def _take_turn(self) -> None:
        self._queued = False
        self._proceed()

    def _read_head(self) -> bool:
        site = self.site
        found = scan_request(self._ahead)
        if found is None and self._read_ended:
            self.loseConnection()
            return False
        if found is None:
            self.deadline = min(self.deadline or 0.0, site.now() + site.head_limit)
            return False
        head, used = found
        self._ahead = self._ahead[used:]
        self.received, self.sent, self._served = used, 0, True
        self._phase = Phase.ANSWER
        self.deadline = None
        self._persistent = head.keep_alive
        self._body = Body(head) if head.length or head.chunked else None
        self._request = request = site.requestFactory(self, head)
        gate = site.gate
        if gate is None or not gate.closed or not gate.later(request.path, self._begin_late):
            request.begin()
        return True

    def _begin_late(self) -> None:  # the site had put the request off
        if self._request is not None:
            self._request.begin()
            self._proceed()

    def _read_body(self) -> bool:
        body, request = self._body, self._request
        assert body is not None and request is not None
        try:
            used = body.feed(self._ahead)
            self._ahead, self.received = self._ahead[used:], self.received + used
            if len(body.data) > LARGE:
                self.site.body_budget.take(self, len(body.data))
        except ApiError as error:
            self._refuse_body(error)
            return False
        if self._phase is not Phase.BODY:  # its sink has answered meanwhile
            return False
        if body.done:
            self._body = None
            self._phase = Phase.ANSWER
            self.deadline = None
            request.collected(bytes(body.data))
        else:
            self._await_body()
        return True

    def _await_body(self) -> None:
        """Its next piece has to come in time, unless it is us who do not take it."""
        held = self._body is not None and self._body.held
        self.deadline = None if held else self.site.now() + self.site.body_pause

    def _throttle(self) -> None:
        """Reads as long as there is room for what comes, and a reason to take it."""
        if not (self._ahead or self._held or self._blocked or self._body is not None):
            return
        waits = self._queued or self._phase is Phase.ANSWER or self.site.successor is not None
        full = self._phase is Phase.BODY and self._body is not None and self._body.held
        blocked = self._phase is Phase.HEAD and self._blocked
        self.hold_reading(full or blocked or (waits and len(self._ahead) > MAX_AHEAD))

    # For requests: the body.

    @property
    def has_body(self) -> bool:
        """Part of the current request's body is still unread."""
        return self._body is not None

    def collect(self, limit: int) -> None:
        """Reads the current request's body; ``request.collected(body)`` is called at its end.

        Raises:
            ApiError: 413, as the head announces more than ``limit`` bytes.
        """
        assert self._body is not None
        self._body.allow(limit)
        self._read_on()

    def hand_on(self, sink: BodySink) -> None:
        """Gives the current request's body to ``sink``; ``request.collected`` tells its end."""
        assert self._body is not None
        self._body.sink = sink
        self._read_on()

    def hold_body(self, held: bool) -> None:
        """Whether the sink of the current request's body wants no more of it for now."""
        if self._body is not None:
            self._body.held = held
        if self._phase is Phase.BODY:
            self._await_body()
            self._proceed()

    def _read_on(self) -> None:
        assert self._request is not None
        if self._request.head.expect_continue and not self._ahead:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._phase = Phase.BODY
        self._await_body()

    def _skip_body(self) -> bool:
        """Whether what is left of the body is already here, so that a next head can be found."""
        if self._body is None:
            return True
        used = self._body.skip(self._ahead)
        if used is None:
            return False
        self._ahead = self._ahead[used:]
        self._body = None
        return True

    # For requests: the answer. This is the contract of twisted.web.http.Request.

    def keeps_alive(self, *, delimited: bool | None = None) -> bool:
        """Whether the connection outlives this answer.

        Args:
            delimited: The answer, whose head is being written, has a length or chunks. If not,
                only closing can end it. None once the head is out.
        """
        ends = delimited is not None and (not delimited or (self.is_last and not self._ahead))
        if ends or (self._read_ended and not self._ahead) or not self._persistent:
            self._persistent = False
        elif self._body is not None:
            self._persistent = self._body.sink is None and self._skip_body()
        return self._persistent

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """The head of a resource that uses setHeader and write."""
        fields = self.site.common_headers() + header_lines(headers)
        framed = headers.hasHeader(b"content-length") or headers.hasHeader(b"transfer-encoding")
        bare = version[5:]
        keep_alive = self.keeps_alive(delimited=framed or bare == b"1.1")
        self.write(render_head(bare, int(code), fields, keep_alive=keep_alive, reason=reason))

    def requestDone(self, request: Request) -> None:
        """The answer is complete: on to the next request, or the end."""
        self._request = None
        self.site.body_budget.free(self)
        if self._phase in (Phase.STREAM, Phase.CLOSING):
            return
        if self.keeps_alive():
            self._phase = Phase.HEAD
            self.deadline = self.site.now() + self.site.idle_limit
            self._proceed()
        elif self._body is not None:
            self.linger()
        else:
            self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """The current answer minds the back-pressure itself."""
        self._blocked = False
        self.transport.unregisterProducer()
        self.transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        self.transport.unregisterProducer()
        if self._phase in (Phase.BODY, Phase.ANSWER):
            self.transport.registerProducer(self, True)

    def loseConnection(self) -> None:
        """Closes once everything written is out."""
        self._start_closing(CLOSING_TIME)
        self.transport.loseConnection()

    # Back-pressure between answers: who does not read the last one gets no next one.

    def pauseProducing(self) -> None:
        self._blocked = True
        self._throttle()

    def resumeProducing(self) -> None:
        self._blocked = False
        self._proceed()

    # The end of HTTP.

    def take_over(self, end: StreamEnd) -> bytes:
        """Hands the connection to ``end``, which hears everything from now on.

        Returns:
            What the client sent after the head of the current request, body included.
        """
        assert self._phase is Phase.ANSWER
        self._phase = Phase.STREAM
        self._end = end
        early, self._ahead = self._ahead, b""
        self.site.body_budget.free(self)
        self._request = self._body = self._peer = self._host = None
        self.transport.unregisterProducer()
        self.hold_reading(False)
        if self._read_ended:
            # Told by the next turn, after the caller has dealt with the early bytes.
            self.site.clock.callLater(0, self._notify_half_closed)
        return early

    def _notify_half_closed(self) -> None:
        if self._end is not None:
            self._end.half_closed()

    def leave(self) -> None:
        """swarmd ends, engines' connections too; but nobody is to hear that an engine was lost."""
        if self._phase not in (Phase.STREAM, Phase.CLOSING):
            self._drop_request(Failure(ConnectionDone("swarmd ends")))
            self.loseConnection()

    def expire(self) -> None:
        """The deadline has passed."""
        if self._phase is Phase.BODY:
            self._refuse_body(ApiError("the request body did not come in time", 408))
        elif self._phase is Phase.CLOSING:
            self.transport.abortConnection()
        elif self._ahead:
            self._refuse(408, "the request head did not come in time")
        else:
            self.loseConnection()

    def _refuse(self, status: int, text: str) -> None:
        """The last answer, to what is no request."""
        self.transport.write(last_words(status, text, self.site.common_headers()))
        self.linger()

    def _refuse_body(self, error: ApiError) -> None:
        assert self._request is not None
        self._phase = Phase.ANSWER
        self._persistent = False
        self._request.refused(error)

    def linger(self) -> None:
        """Says goodbye and gives the client a while to hear it."""
        self._start_closing(LINGER_TIME)
        self.transport.loseWriteConnection()

    def _start_closing(self, patience: float) -> None:
        self._phase = Phase.CLOSING
        self.deadline = self.site.now() + patience
        self._ahead = b""
        self._end = LingeringClose(self.transport)
        # A paused producer would be resumed instead of the close being carried out.
        self.transport.unregisterProducer()
        self.hold_reading(False)
