"""Forwarding on the framed path: one small request to an engine, and its answer verbatim.

The answer's bytes go to the client as they came, head included, each as soon as it is here: a
client of ``wait`` starts its container only after it has seen the head. Only the end of the answer
is looked for, so that both connections can be used again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger

from swarmd.codec.framing import UntilClose
from swarmd.codec.head import ResponseHead
from swarmd.core.container.id_map import Translation
from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.streams.completion import LEFT, Done, notify
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.exchange import Exchange
from swarmd.streams.interfaces import ClientRequest
from swarmd.streams.rewrite import request_head, rewritten_head, with_type

CREATED = 201
LARGEST_REWRITTEN = 16 << 20  # bytes of an answer that is changed on its way

Rewrite = Callable[[int, bytes], bytes]

_log = Logger()


def forward(
    request: ClientRequest,
    link: Connector,
    target: bytes,
    *,
    body: bytes = b"",
    done: Done | None = None,
    rewrite: Rewrite | None = None,
    content_type: bytes | None = None,
) -> None:
    """Sends ``request`` on as ``target`` with ``body``, and answers it with what comes back.

    Args:
        done: Called exactly once, before the client can see the end of the answer: with the
            engine's status, 503 if there was none, 499 if the client left first.
        rewrite: From status and body to the new body; raises ApiError to refuse the answer.
        content_type: In place of the engine's, on success.
    """
    if rewrite is None:
        exchange = Forwarded(request, link, target, body, done, content_type)
    else:
        exchange = Rewritten(request, link, target, body, done, content_type, rewrite)
    request.on_gone(exchange.client_gone)
    if not request.gone:
        link.begin(exchange)


class Forwarded(Exchange):
    """A forwarded request, whose answer is passed on verbatim.

    Args:
        done, content_type: As of ``forward``.

    Attributes:
        started: A byte of the answer was given to the client.
    """

    __slots__ = ("_source", "_translation", "client", "content_type", "done", "started")

    def __init__(
        self,
        client: ClientRequest,
        link: Connector,
        target: bytes,
        body: bytes,
        done: Done | None,
        content_type: bytes | None,
    ) -> None:
        super().__init__(link, client.method, self._head(client, target, len(body)) + body)
        self.client = client
        self.done = done
        self.content_type = content_type
        self.started = False
        self._source: Any = None  # the engine's transport, while the client sets its pace
        self._translation: Translation | None = None

    @staticmethod
    def _head(client: ClientRequest, target: bytes, length: int) -> bytes:
        return request_head(client, target, length)

    def client_gone(self) -> None:
        self.cancel()
        self.notify_done(LEFT)

    def began(self, head: ResponseHead) -> None:
        if self.link.ids and _is_json(head):
            self._translation = Translation(self.link.ids)

    def moved(self, raw: bytes) -> None:
        if self._source is None and self.connection is not None:
            self._source = self.connection.transport
            self.connection.throttled = True
            self.client.registerProducer(self._source, True)
        if self._translation is not None:
            raw = self._translation.feed(raw)
        self._pass_on(raw)

    def ended(self, raw: bytes) -> None:
        assert self.head is not None
        self.notify_done(self.head.status)
        self._release_source()
        if self._translation is not None:
            raw = self._translation.feed(raw) + self._translation.rest()
        if raw:
            self._pass_on(raw)
        self._finish(delimited=not self.closes)

    def failed(self, error: EngineUnreachable) -> None:
        self._release_source()
        self.notify_done(error.status)
        if not self.started:
            self.client.reply_error(error)
        else:
            self.client.abort(framed=not isinstance(self._framing, UntilClose))

    def notify_done(self, status: int) -> None:
        done, self.done = self.done, None
        notify(done, status)
        if self.client.trail is not None:
            self.client.trail.finish(status)

    def _pass_on(self, raw: bytes) -> None:
        if not self.started:
            self.started = True
            assert self.head is not None
            self.client.answered(self.head.status)
            if self.content_type is not None and self.head.status in (200, 101):
                raw = with_type(raw, self.head, self.content_type)
        self._write(raw)

    def _write(self, raw: bytes) -> None:
        self.client.startedWriting = 1
        self.client.channel.write(raw)

    def _finish(self, *, delimited: bool) -> None:
        if not delimited:
            self.client.channel.keeps_alive(delimited=False)
        self.client.finish()

    def _release_source(self) -> None:
        """The client no longer sets the pace."""
        source, self._source = self._source, None
        if source is not None:
            self.client.unregisterProducer()


class Rewritten(Forwarded):
    """A forwarded request whose answer is collected, and passed on as ``rewrite`` makes it."""

    __slots__ = ("_rewrite",)

    def __init__(
        self,
        client: ClientRequest,
        link: Connector,
        target: bytes,
        body: bytes,
        done: Done | None,
        content_type: bytes | None,
        rewrite: Rewrite,
    ) -> None:
        super().__init__(client, link, target, body, done, content_type)
        self._rewrite = rewrite

    def began(self, head: ResponseHead) -> None:
        super().began(head)
        if head.has_body(self.method):
            self.payload = bytearray()
            if (head.length or 0) > LARGEST_REWRITTEN:
                self.refuse("its answer is too large")

    def moved(self, raw: bytes) -> None:
        if len(self.payload or b"") > LARGEST_REWRITTEN:
            self.refuse("its answer is too large")

    def ended(self, raw: bytes) -> None:
        assert self.head is not None
        if self.payload is None:
            super().ended(raw)
            return
        try:
            body = bytes(self.payload)
            if self._translation is not None:
                body = self._translation.feed(body) + self._translation.rest()
            body = self._rewrite(self.head.status, body)
        except ApiError as error:
            self._refuse_answer(error)
        except Exception:  # noqa: BLE001 - an engine may answer anything
            _log.failure("the answer of {node} cannot be used", node=self.link.node)
            self._refuse_answer(ApiError(f"node {self.link.node} gave an unusable answer", 502))
        else:
            if self.head.status == CREATED and self.client.trail is not None:
                self.client.trail.answer = body
            self.notify_done(self.head.status)
            self.client.answered(self.head.status)
            keep = self.client.channel.keeps_alive(delimited=self.client.head.version == b"1.1")
            head = rewritten_head(self.head, len(body), self.content_type, keep_alive=keep)
            self._write(head + body)
            self._finish(delimited=True)

    def _refuse_answer(self, error: ApiError) -> None:
        self.notify_done(error.status)
        self.client.reply_error(error)


def _is_json(head: ResponseHead) -> bool:
    """Only there an ID is one: an archive may have the same digits in it."""
    return (head.get(b"content-type") or b"").startswith(b"application/json")
