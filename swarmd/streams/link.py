"""The link to one engine: its connections, and calls by swarmd itself.

``call`` is for short answers, ``stream`` for long ones; ``swarmd.streams.forward`` and its
neighbours pass on what clients ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from swarmd.codec.head import Headers, ResponseHead, render_request
from swarmd.core.request.request_record import trace_headers
from swarmd.streams.calls import Answer as Answer
from swarmd.streams.calls import EngineCall, OnAnswer, Question, StreamCall
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.rewrite import HOST
from swarmd.streams.upload import Upload, upload_head

LARGEST_ANSWER = 256 << 20
LARGEST_SMALL_ANSWER = 1 << 20


class Link(Connector):
    """The link to one engine: everything that goes to it."""

    async def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        timeout: float = 10.0,
        limit: int = LARGEST_ANSWER,
        gate: Callable[[], str] | None = None,
    ) -> Answer:
        """Asks and waits for the whole answer, whatever its status.

        Args:
            timeout: Seconds for all of it, connecting included.
            limit: Most bytes of the answer's body.
            gate: As of ``EngineCall``.

        Raises:
            EngineUnreachable: No answer, or a broken one; ``sent`` tells whether it may have acted.
        """
        request = render(method, self.ids.own_in(target), body, headers)
        call = EngineCall(self, method.encode(), request, timeout=timeout, limit=limit, gate=gate)
        self.begin(call)
        return await call.answer

    def ask(self, target: str, on_answer: OnAnswer) -> Question:
        """Gets a small answer without waiting for it; who asks keeps the time, and cancels."""
        question = Question(self, _get(target), on_answer, LARGEST_SMALL_ANSWER)
        self.begin(question)
        return question

    async def stream(
        self,
        method: str,
        target: str,
        receive: Callable[[bytes], None],
        *,
        body: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        on_head: Callable[[ResponseHead], None] | None = None,
        on_open: Callable[[StreamCall], None] | None = None,
        idle_timeout: float | None = None,
    ) -> Answer:
        """Gives the body of a long answer to ``receive`` as it comes, without chunked coding.

        It has a connection of its own, and returns when the answer ends. An answer of 400 and
        above is not streamed but returned. Cancelling closes the connection.

        Args:
            on_open: Gets the call, which has ``pause()`` and ``resume()``.
            idle_timeout: Seconds without a byte after which the engine counts as lost.

        Raises:
            EngineUnreachable: No answer, or it broke off.
        """
        request = render(method, self.ids.own_in(target), body, headers)
        call = StreamCall(self, method.encode(), request, receive, on_head, idle_timeout)
        if on_open is not None:
            on_open(call)
        self.begin(call, fresh=True)
        return await call.answer

    def upload(
        self,
        method: str,
        target: str,
        receive: Callable[[bytes], None],
        on_room: Callable[[], None],
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        on_head: Callable[[ResponseHead], None] | None = None,
        idle_timeout: float | None = None,
    ) -> Upload:
        """Begins a request with a body of unknown length, which the caller writes to the result.

        Args:
            receive: Gets the answer's body, as from ``stream``; ``Upload.answer`` is its end.
            on_room: Called whenever the engine can take more of the body.
            idle_timeout: Seconds that the engine may neither take nor send anything, though it
                could.
        """
        head = upload_head(method, target, [*headers, *trace_headers()])
        call = Upload(self, method.encode(), head, receive, on_head, on_room, idle_timeout)
        self.begin(call, fresh=True)
        return call


@lru_cache(maxsize=16)
def _get(target: str) -> bytes:
    """Made once of each of the few things that are asked over and over, in nobody's name."""
    return render_request(b"GET", target.encode(), [HOST])


def render(method: str, target: str, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A whole request of swarmd's own; the body is JSON unless ``headers`` says otherwise."""
    fields: Headers = [HOST, *headers, *trace_headers()]
    if body or method not in ("GET", "HEAD"):
        fields.append((b"Content-Length", b"%d" % len(body)))
    if body and not any(name.lower() == b"content-type" for name, _ in headers):
        fields.append((b"Content-Type", b"application/json"))
    return render_request(method.encode(), target.encode(), fields) + body
