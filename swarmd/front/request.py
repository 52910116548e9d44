"""A request of the Docker API: Twisted's, with short ways to read it and to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, cast

import orjson
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.error import UnsupportedMethod
from twisted.web.http import CREATED, FORBIDDEN
from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET

from swarmd.codec.framing import LAST_CHUNK, chunk
from swarmd.codec.head import RequestHead
from swarmd.codec.path import clean_path, decode_path, encode_path
from swarmd.codec.query import check_query, is_true, parse_query
from swarmd.core.errors import ApiError, PageNotFound
from swarmd.core.request.audit_trail import AuditTrail
from swarmd.core.request.bounds import LARGE, check_body
from swarmd.core.request.terms import NO_TERMS, RequestTerms
from swarmd.front.admission import check_type, enter, record_of
from swarmd.front.channel import Channel
from swarmd.front.client_site import ClientSite
from swarmd.front.interfaces import BodySink, HeadResource
from swarmd.front.lazy_request import LazyRequest
from swarmd.front.reply import BODILESS, JSON, content_fields, error_body, render_head
from swarmd.front.slice_producer import SLICE, SliceProducer, beginning

LEFT = 499  # for the audit: the client left before the end of the answer
Extra = Iterable[tuple[bytes, bytes]]


class DockerRequest(LazyRequest):
    """A request as resources get it.

    Attributes:
        version: The API version in the path, set by the root of the tree; None if there is none.
        gone: The client has left before the end.
        terms: What a policy has yet to say of it.
        survives_half_close: A FIN of the client does not mean that it has left.
        trail: For the audit; None if it is not to be recorded.
    """

    # Narrower than in Twisted, which fixes the class that it comes with.
    site: ClientSite[DockerRequest]  # type: ignore[assignment]
    defaultContentType = JSON
    version: tuple[int, int] | None = None
    terms: RequestTerms = NO_TERMS
    gone = survives_half_close = False
    trail: AuditTrail | None = None
    queued = False
    _silent = False
    _sink: BodySink | None = None
    _query: dict[str, list[str]] | None = None
    _log = Logger()

    def __init__(self, channel: Channel, head: RequestHead) -> None:
        """Without Twisted's constructor: see ``LazyRequest``."""
        self.channel = channel
        self.transport = channel.transport
        self.head = head
        self.method = head.method
        self.uri = head.target
        self.path, _, self.raw_query = head.target.partition(b"?")
        self.clientproto = b"HTTP/" + head.version
        self.site = channel.site
        self.arrived = channel.site.now()
        self._gone_calls: list[Callable[[], object]] = []

    # From the head to a resource. Called by the channel.

    def begin(self) -> None:
        """The head is complete: the resource decides what happens to the body."""
        self.record = record_of(self)
        if self.site.audit is not None:
            self.trail = self.site.audit(self)
        self._guarded(self._route)

    def collected(self, body: bytes) -> None:
        """The body that the resource wanted is complete."""
        if self._sink is not None:
            self._guarded(self._sink.ended)
        else:
            self.body = body
            self._guarded(self._read)

    def refused(self, error: ApiError) -> None:
        """The rest of the body cannot be read."""
        if self._sink is not None:
            self._sink.failed(error)
        self.reply_error(error)

    def connectionLost(self, reason: Failure) -> None:
        """The client has left before the end of the answer."""
        self.gone = True
        self._finish_trail(LEFT)
        self.finish_record(complete=False)
        calls, self._gone_calls = self._gone_calls, []
        for call in calls:
            try:
                call()
            except Exception:  # noqa: BLE001 - the others have to hear of it, too
                text = "after the client of {path} left"
                self._log.failure(text, path=self.path, trace=self.trace_id)
        super().connectionLost(reason)

    def _guarded(self, step: Callable[[], None]) -> None:
        trail, record = self.trail, self.record
        if record is not None:
            step = partial(record.run, step)
        try:
            step() if trail is None else trail.run(step)
        except ApiError as error:
            self.reply_error(error)
        except Exception:  # noqa: BLE001 - an error ends one request, never the connection
            self.processingFailed(Failure())

    def _route(self) -> None:
        enter(self)
        resource = self.site.shortcut(self)
        if resource is None:
            resource = self._walk()
        if resource is not None:
            self._ask(resource)

    def _walk(self) -> IResource | None:
        """Down the tree; None if the path itself has been answered."""
        if self.path == b"*":
            self._answer_star()
            return None
        plain = decode_path(self.path)
        clean = clean_path(plain)
        if clean != plain:
            self._redirect(clean)
            return None
        self.prepath = []
        self.postpath = plain[1:].split(b"/")
        return self.site.getResourceFor(self)

    def _ask(self, resource: IResource) -> None:
        """For its answer, at the head or with the whole body."""
        check_type(self)
        check_query(self.raw_query)
        self._resource = resource
        takes_head = getattr(resource, "takes_head", False)
        if takes_head(self) if callable(takes_head) else takes_head:
            cast(HeadResource[DockerRequest], resource).render_head(self)
        elif self.channel.has_body:
            self.channel.collect(getattr(resource, "body_limit", self.site.max_body))
        else:
            self.render(resource)

    def _read(self) -> None:
        """Many clients' large bodies may have come with one wait for events."""
        if len(self.body) > LARGE:
            self._in_round(self._check_late)
        else:
            check_body(self.body)
            self.render(self._resource)

    def _check_late(self) -> None:
        check_body(self.body)
        self._in_round(lambda: self.render(self._resource))

    def _in_round(self, step: Callable[[], None]) -> None:
        self.site.round_robin.add(lambda: None if self.gone else self._guarded(step))

    async def yield_to_others(self) -> None:
        """Between two steps of work on a large body, everybody else is served."""
        if len(self.body) > LARGE:
            turn: Deferred[None] = Deferred()
            self.site.round_robin.add(lambda: turn.callback(None))
            await turn

    def _answer_star(self) -> None:
        if self.method != b"OPTIONS":
            raise PageNotFound
        self.reply(200, content_type=None)

    def _redirect(self, clean: bytes) -> None:
        query = b"?" + self.raw_query if self.raw_query else b""
        self.reply(301, content_type=None, headers=[(b"Location", encode_path(clean) + query)])

    def render(self, resrc: IResource) -> None:
        """Asks a resource for its answer; a wrong method is an unknown page, as on engines."""
        try:
            body = resrc.render(self)
        except UnsupportedMethod:
            raise PageNotFound from None
        if body is not NOT_DONE_YET:
            self.setHeader(b"Content-Length", b"%d" % len(body))
            self.write(body)
            self.finish()

    def processingFailed(self, reason: Failure) -> None:
        self._log.failure(
            "{method} {path}", reason, method=self.method, path=self.path, trace=self.trace_id
        )
        self.reply_error(ApiError("internal error of swarmd; its log has the cause"))

    def stream_body(self, sink: BodySink) -> None:
        """Gives the body, which must be unread, to ``sink`` as it comes.

        Nothing tells the sink that the client has left; ``on_gone`` does.
        """
        if self.channel.has_body:
            self._sink = sink
            self.channel.hand_on(sink)
        else:
            sink.ended()

    def hold_body(self, held: bool) -> None:
        """Whether the sink wants no more for now; nothing happens once the body has ended."""
        if not self.gone:
            self.channel.hold_body(held)

    # What was asked.

    def header(self, name: bytes) -> bytes | None:
        """A header's value, by its lower-case name."""
        return self.head.get(name)

    def arg(self, name: str, default: str = "") -> str:
        """The first value of a query parameter.

        Raises:
            BadParameter: The query is malformed.
        """
        values = self._parsed_query().get(name)
        return values[0] if values else default

    def arg_list(self, name: str) -> list[str]:
        """All values of a query parameter; BadParameter like ``arg``."""
        return self._parsed_query().get(name, [])

    def flag(self, name: str) -> bool:
        """A query parameter by Docker's rule: false are absence, 0, no, false and none."""
        return is_true(self.arg(name))

    def _parsed_query(self) -> dict[str, list[str]]:
        if self._query is None:
            self._query = parse_query(self.raw_query)
        return self._query

    # A whole answer.

    def reply(
        self,
        status: int,
        body: bytes | Sequence[bytes] = b"",
        *,
        content_type: bytes | None = JSON,
        headers: Extra = (),
    ) -> None:
        """Answers; a body in pieces that is large is written at the client's pace."""
        if self.gone or self.finished:
            return
        pieces = (body,) if isinstance(body, bytes) else body
        if status == CREATED and self.trail is not None:
            self.trail.answer = b"".join(pieces)
        length = sum(map(len, pieces))
        fields = content_fields(status, content_type, length, headers)
        head = self._head(status, fields, delimited=True)
        if self._bodiless(status):
            self.channel.write(head)
        elif length > SLICE and len(pieces) > 1:
            self.channel.write(head)
            return self._write_slices(pieces, self.channel.write)
        else:
            self.channel.write(b"".join((head, *pieces)))
        self.finish()
        return None

    def reply_pieces(
        self,
        status: int,
        pieces: Iterator[bytes],
        content_type: bytes = JSON,
        headers: Extra = (),
    ) -> None:
        """Answers with pieces that are made while they are sent, if there are many of them."""
        first, complete = beginning(pieces)
        if complete or self._bodiless(status):
            self.reply(status, [*first, *pieces], content_type=content_type, headers=headers)
        elif not self.gone:
            self.start(status, content_type, headers)
            self._write_slices(chain(first, pieces), self.send)

    def reply_json(self, status: int, value: Any) -> None:
        self.reply(status, orjson.dumps(value) + b"\n")

    def reply_error(self, error: ApiError) -> None:
        """The error as Docker words it; an answer that has begun can only be cut off."""
        if self.startedWriting:
            self.abort()
        else:
            self.site.errors[error.status] += 1
            if error.status == FORBIDDEN and self.site.audit is not None:
                self.trail = self.site.audit(self, error.message)
            self.reply(error.status, error_body(error.message))

    def _finish_trail(self, status: int, *, complete: bool = True) -> None:
        if self.trail is not None:
            self.trail.finish(status, complete=complete)

    def _bodiless(self, status: int) -> bool:
        return self.method == b"HEAD" or status in BODILESS

    def _head(self, status: int, fields: bytes, *, delimited: bool) -> bytes:
        self.startedWriting = 1
        self.code = status
        self.answered(status)
        keep_alive = self.channel.keeps_alive(delimited=delimited)
        fields = self.site.common_headers() + fields
        return render_head(self.head.version, status, fields, keep_alive=keep_alive)

    def _write_slices(self, pieces: Iterable[bytes], write: Callable[[bytes], None]) -> None:
        # All of it is known, so a client that only closed its own side gets all of it.
        self.survives_half_close = True
        self.registerProducer(SliceProducer(pieces, write, self._sliced), False)

    def _sliced(self) -> None:
        self.unregisterProducer()
        self.finish()

    # An answer that grows.

    def start(self, status: int, content_type: bytes | None = JSON, headers: Extra = ()) -> None:
        """Sends the head at once; ``send`` and ``finish`` follow."""
        if self.gone:
            return
        fields = content_fields(status, content_type, None, headers)
        bodiless = self._bodiless(status)
        if self.head.version == b"1.1" and not bodiless:
            self.chunked = 1
            fields += b"Transfer-Encoding: chunked\r\n"
        self._silent = bodiless
        self.channel.write(self._head(status, fields, delimited=bodiless or bool(self.chunked)))

    def send(self, data: bytes) -> None:
        """More of the body; nothing happens once the client has left."""
        if not data or self.gone or self.finished or self._silent:
            return
        self.channel.write(chunk(data) if self.chunked else data)

    def finish(self) -> None:
        """The answer is complete; nothing happens if it was already, or the client has left."""
        if self.gone or self.finished:
            return
        if not self.startedWriting:
            self.write(b"")
        if self.chunked:
            self.channel.write(LAST_CHUNK)
        self._finish_trail(self.code)
        self.finish_record(complete=True)
        self.finished = 1
        self._gone_calls.clear()  # they hold who holds this request
        self.channel.requestDone(self)
        del self.channel
        for waiting in vars(self).get("notifications", ()):
            waiting.callback(None)

    def abort(self, *, framed: bool = False) -> None:
        """Ends the connection, so that a begun answer is not taken for whole; civilly if framed."""
        if not self.gone and not self.finished:
            self._gone_calls.clear()
            self._finish_trail(self.code, complete=False)
            self.finish_record(complete=False)
            (self.channel.linger if framed else self.channel.abortConnection)()

    def on_gone(self, call: Callable[[], object]) -> None:
        """Calls ``call`` once if the client leaves before the end of the answer."""
        if self.gone:
            call()
        else:
            self._gone_calls.append(call)
