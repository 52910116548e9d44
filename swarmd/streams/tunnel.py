"""The one-shot tunnel: uploads and downloads of any size, as bytes, both ways at once.

The client's connection is taken over at the request's head and given to one engine connection that
ends with the answer (``Connection: close``). Answers, ``100 Continue`` and early refusals pass
untouched; only the answer's head is looked at. Of what the client sends, the engine gets the body
and nothing behind it: another request there was never judged, and ends with the connection.

How it ends:
- the engine closes: the client gets the rest and a FIN, and what it may still be sending is read
  and dropped for a while, because closing at once would reset the connection under the answer;
- the engine resets it behind a complete answer, for it closed on a part of the upload that it did
  not want: the same;
- the engine dies: 503 if the client got nothing yet, else its connection is aborted;
- the client leaves: the engine's connection is aborted, or half-closed behind an upload, for then
  the engine must get the rest of it.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from swarmd.codec.framing import (
    BadBody,
    Framing,
    Sized,
    Walk,
    request_framing,
    response_framing,
)
from swarmd.codec.head import BadHead, ResponseHead, scan_response
from swarmd.core.errors import ApiError, BadParameter, EngineUnreachable
from swarmd.streams.completion import LEFT, Completion, Done
from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.dialing.dial_errors import words
from swarmd.streams.exchange import MOST_INTERIM
from swarmd.streams.forward import Rewrite
from swarmd.streams.interfaces import ClientRequest
from swarmd.streams.offload.choice import hand_over
from swarmd.streams.relay import Carrier, Side, abort, end_writing, measure, pair, throttle
from swarmd.streams.rewrite import raw_error, tunnel_head, with_body, with_type

LINGER = 5.0  # seconds
LINGER_BYTES = 1 << 20
MOST_HELD = 64 << 10  # bytes of a body that wait for the engine's connection
LARGEST_ERROR = 16 << 10  # bytes of a refusal whose words are changed


def tunnel(
    request: ClientRequest,
    link: Connector,
    target: bytes,
    *,
    done: Done | None = None,
    content_type: bytes | None = None,
    refusal: Rewrite | None = None,
) -> None:
    """Sends ``request``, of which only the head was read, on as ``target``.

    Args:
        done: Called exactly once, before the client can see the end of the answer: with the
            engine's status, 503 if there was none, 499 if the client left first.
        content_type: In place of the engine's, on success.
        refusal: From status and body of an error to what the client is told.
    """
    call = Tunnel(request, link, target, done, content_type, refusal)
    if request.gone:
        call.notify_done(LEFT)
    else:
        call.start(request.channel)


class Tunnel:
    """One request on its way; a caller of the engine's link until it is over."""

    __slots__ = (
        "_bulks",
        "_client",
        "_complete",
        "_completion",
        "_content_type",
        "_engine",
        "_framing",
        "_held",
        "_interim",
        "_lingering",
        "_link",
        "_refusal",
        "_status",
        "_timer",
        "_to_drop",
        "_upload",
        "_uploads",
        "_waiting",
        "method",
    )

    def __init__(
        self,
        request: ClientRequest,
        link: Connector,
        target: bytes,
        done: Done | None,
        content_type: bytes | None,
        refusal: Rewrite | None = None,
    ) -> None:
        self._link = link
        self.method = request.method
        head = request.head
        self._uploads = self.method in (b"POST", b"PUT") and (bool(head.length) or head.chunked)
        self._upload = Walk(request_framing(head) if self._uploads else Sized(0))
        # For the engine, until it is connected.
        self._waiting = tunnel_head(request, target, uploads=self._uploads)
        self._completion = Completion(request, done)
        self._content_type = content_type
        self._refusal = refusal
        self._client: Side | None = None
        self._engine: Side | None = None
        self._held = b""  # the beginning of the engine's head
        self._interim = 0
        self._status = 0  # the engine's; 0 until its head is here
        self._framing: Framing | None = None
        self._complete = False
        self._timer: IDelayedCall | None = None
        self._lingering = False
        self._to_drop = LINGER_BYTES
        self._bulks: list[Carrier] = []

    @property
    def waiting(self) -> bool:
        return not self._status

    def start(self, channel: Any) -> None:
        self._client = client = Side(channel.transport, self)
        client.deliver = self._take
        early, record = channel.take_over(client), self._completion.record
        if record is not None:
            record.taken_over(channel.received + len(early), 0)
            client.meter = record.add_received
        self._take(early)
        if self._client is not None and not self._lingering:
            self._link.begin(self, fresh=True)

    def _take(self, data: bytes) -> None:
        """Bytes of the client; those that are the body's are for the engine, others for nobody."""
        if self._upload.framing.done:
            return
        try:
            used = self._upload.framing.feed(data)
        except BadBody as error:
            self._break_off(BadParameter(str(error)))
            return
        if used:
            self._pass_on(data if used == len(data) else data[:used])

    def _read_client(self, client: Side) -> None:
        """Only where chunks end has to be looked for."""
        hand_over(client, self._take, self._bulks, self._upload)

    def _pass_on(self, data: bytes) -> None:
        if self._engine is not None:
            self._engine.transport.write(data)
            return
        self._waiting += data
        if len(self._waiting) > MOST_HELD and self._client is not None:
            self._client.transport.pauseProducing()

    # The engine's side.

    def connected(self, connection: EngineConnection, *, reused: bool) -> None:
        client = self._client
        assert client is not None
        self._engine = engine = Side(connection.transport, self)
        connection.end = engine
        pair(client, engine)
        measure(client, engine, self._completion.record)
        self._read_client(client)
        engine.deliver = self._answered
        throttle(client, engine)
        engine.transport.write(self._waiting)
        self._waiting = b""
        if client.ended:
            self._end_upload(engine)
        else:
            client.transport.resumeProducing()

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        """Before the head the client gets an error; after it, it must see a broken stream."""
        self._link.failed_calls += 1
        self._break_off(EngineUnreachable(self._link.node, cause, sent=self._engine is not None))

    refuse = unreachable

    def _break_off(self, error: ApiError) -> None:
        self._leave_engine()
        self.notify_done(error.status)
        client, answers = self._client, not self._status
        if client is not None and answers:
            answer = raw_error(error)
            self._completion.answered(error.status, len(answer))
            client.transport.write(answer)
            self._linger(client)
        elif client is not None:
            self._leave_client(client)
        self._completion.finish(complete=answers)

    def side_ended(self, side: Side) -> None:
        if side is self._client:
            self._client_ended()
        elif side is self._engine:
            self._engine_ended()

    def side_lost(self, side: Side, reason: Failure) -> None:
        if side is self._client:
            self._client = None
            self._abandon()
        elif side is self._engine:
            self._engine = None
            if self._complete:
                self._engine_ended()
            else:
                self.unreachable(words(reason.value))

    def side_deaf(self, side: Side) -> None:
        """Without a client there is nobody; an engine's early refusal may be on its way back."""
        if side is self._client:
            self._abandon()

    def _engine_ended(self) -> None:
        if not self._status:
            self.unreachable("it closed the connection before its answer")
            return
        self.notify_done(self._status)
        self._completion.finish(complete=True)
        self._leave_engine()
        if self._client is not None:
            self._linger(self._client)

    def _leave_engine(self) -> None:
        self._link.over(self)
        for bulk in self._bulks:
            bulk.stop()
        engine, self._engine = self._engine, None
        if engine is not None:
            abort(engine)

    # The answer.

    def _answered(self, data: bytes) -> None:
        """Bytes of the engine, up to its head and where the end of the answer matters."""
        try:
            if not self._status:
                data = self._scan(data)
            else:
                self._walk(data)
        except (BadHead, BadBody) as error:
            self.unreachable(f"it answered with malformed HTTP: {error}")
        else:
            if data and self._client is not None:
                self._client.transport.write(data)

    def _scan(self, data: bytes) -> bytes:
        """What of ``data``, and of what was held before it, may go to the client."""
        data = self._held + data
        passed = 0
        while scanned := scan_response(data[passed:] if passed else data):
            head, used = scanned
            if not head.interim:
                if self._is_refusal(head) and len(data) - passed - used < (head.length or 0):
                    break
                self._held = b""
                return data[:passed] + self._begin(head, data[passed:], used)
            passed += used
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise BadHead(502, "too many interim answers")
        self._held = data[passed:]
        return data[:passed]

    def _begin(self, head: ResponseHead, data: bytes, used: int) -> bytes:
        if head.status == 101:
            raise BadHead(502, "an upgrade that nobody asked for")
        self._status = head.status
        changed = self._changed(head, data, used)
        self._completion.answered(head.status, len(changed) - len(data))
        if self._completion.awaited or self._uploads:
            self._framing = response_framing(self.method, head)
        self._walk(data[used:])
        return changed

    def _changed(self, head: ResponseHead, data: bytes, used: int) -> bytes:
        if self._content_type is not None and head.status == 200:
            return with_type(data, head, self._content_type)
        if self._refusal is not None and self._is_refusal(head):
            said = self._link.ids.shown_in(data[used:])
            return with_body(head, self._refusal(head.status, said))
        return data

    def _is_refusal(self, head: ResponseHead) -> bool:
        """Whether it is an error of so few words that they are looked at as a whole."""
        short = bool(head.length) and (head.length or 0) <= LARGEST_ERROR
        return self._refusal is not None and head.status >= 400 and short and self.method != b"HEAD"

    def _walk(self, body: bytes) -> None:
        """Looks for the end of the answer, as long as anybody wants to know."""
        if self._framing is not None:
            self._framing.feed(body)
            if self._framing.done:
                self._complete = True
                self.notify_done(self._status)
                self._completion.finish(complete=True)
        if self._framing is None and self._engine is not None and self._client is not None:
            hand_over(self._engine, self._client.transport.write, self._bulks)

    def notify_done(self, status: int) -> None:
        self._framing = None
        self._completion.notify(status)

    # The client's side.

    def _client_ended(self) -> None:
        if self._lingering:
            self._close()
        elif not self._uploads:
            self._abandon()
        elif self._engine is not None:
            self._end_upload(self._engine)

    def _end_upload(self, engine: Side) -> None:
        """The client may have left, or not: an engine that has the whole body answers now."""
        end_writing(engine)
        self._timer = self._link.clock.callLater(LINGER, self._abandon)

    def _abandon(self) -> None:
        """Nobody reads any more."""
        self._stop_timer()
        self._leave_engine()
        self.notify_done(LEFT)
        self._completion.finish(complete=False)
        if self._client is not None:
            self._leave_client(self._client)

    def _leave_client(self, client: Side) -> None:
        self._stop_timer()
        self._client = None
        abort(client)

    def _linger(self, client: Side) -> None:
        """The answer is complete; reads on, for a while, so that no reset overtakes it."""
        self._stop_timer()
        end_writing(client)
        if client.ended:
            self._close()
            return
        self._lingering = True
        client.deliver = self._drop
        client.transport.resumeProducing()
        self._timer = self._link.clock.callLater(LINGER, self._close)

    def _drop(self, data: bytes) -> None:
        self._to_drop -= len(data)
        if self._to_drop < 0:
            self._close()

    def _close(self) -> None:
        self._stop_timer()
        client, self._client = self._client, None
        if client is not None:
            client.transport.loseConnection()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
