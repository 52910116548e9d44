"""All connections to one engine, and calls by swarmd itself.

``call`` is for short answers, ``stream`` for long ones; ``swarmd.streams.forward`` and its
neighbours pass on what clients ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from swarmd.codec.head import Headers, ResponseHead, render_request
from swarmd.core.trail import touched
from swarmd.streams.calls import Answer as Answer
from swarmd.streams.calls import Call, Question, StreamCall, Told
from swarmd.streams.causes import silent, words
from swarmd.streams.connection import ConnectionFactory, EngineConnection, Pool
from swarmd.streams.heads import HOST
from swarmd.streams.ports import Dial
from swarmd.streams.upload import Upload, upload_head

LARGEST_ANSWER = 256 << 20
LARGEST_SMALL_ANSWER = 1 << 20
_READS = (b"GET", b"HEAD")


class Caller(Protocol):
    """Who wants a connection to the engine.

    Attributes:
        waiting: It is to end when the engine hangs: mostly, nothing has come from it yet.
        method: Of the request.
    """

    method: bytes

    @property
    def waiting(self) -> bool: ...

    def connected(self, connection: EngineConnection, *, reused: bool) -> None: ...

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        """``silent`` tells that nothing came from the engine."""

    def refuse(self, cause: str) -> None:
        """Ends it with ``cause``; the connection, if there is one, is closed."""


class Link:
    """Everything that goes to one engine.

    Attributes:
        node: The engine's name as errors show it; may change.
        peer: The IP address that answered last, "" for a UNIX socket.
        clock: For time limits.
    """

    def __init__(self, node: str, dial: Dial, clock: IReactorTime) -> None:
        self.node = node
        self.peer = ""
        self.clock = clock
        self._dial = dial
        self._pool = Pool(clock)
        self._factory = ConnectionFactory()
        self._callers: dict[Caller, Deferred[Any] | None] = {}
        self._closed = ""

    async def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        timeout: float = 10.0,
        limit: int = LARGEST_ANSWER,
    ) -> Answer:
        """Asks and waits for the whole answer, whatever its status.

        Args:
            timeout: Seconds for all of it, connecting included.
            limit: Most bytes of the answer's body.

        Raises:
            EngineUnreachable: No answer, or a broken one; ``sent`` tells whether it may have acted.
        """
        request = render(method, target, body, headers)
        call = Call(self, method.encode(), request, timeout=timeout, limit=limit)
        self.begin(call)
        return await call.answer

    def ask(self, target: str, told: Told) -> Question:
        """Gets a small answer without waiting for it; who asks keeps the time, and cancels."""
        question = Question(self, _get(target), told, LARGEST_SMALL_ANSWER)
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
        request = render(method, target, body, headers)
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
        head = upload_head(method, target, headers)
        call = Upload(self, method.encode(), head, receive, on_head, on_room, idle_timeout)
        self.begin(call, fresh=True)
        return call

    def begin(self, caller: Caller, *, fresh: bool = False) -> None:
        """Gives ``caller`` a connection, at once if an idle one may be used.

        It stays known, and is told if the link closes, until it calls ``over``.
        """
        if self._closed:
            caller.unreachable(self._closed)
            return
        if caller.method not in _READS:
            touched(self.node)
        connection = None if fresh else self._pool.take()
        if connection is None:
            self._connect(caller)
        else:
            self._callers[caller] = None
            caller.connected(connection, reused=True)

    def over(self, caller: Caller) -> None:
        """``caller`` needs nothing more; a dial under way for it is given up."""
        dialling = self._callers.pop(caller, None)
        if dialling is not None:
            dialling.cancel()

    def put_back(self, connection: EngineConnection) -> None:
        """An answer is complete; the connection may serve another call."""
        if self._closed:
            connection.drop()
        else:
            self._pool.put(connection)

    def adopt(self, caller: Caller) -> None:
        """``caller`` has a connection of this link already, and ends with the link."""
        self._callers[caller] = None

    def interrupt(self, cause: str) -> None:
        """Whoever still waits for an answer is told ``cause``; what has begun goes on.

        For an engine that is known to hang: it may come back, and clients' streams with it. Long
        calls of swarmd's own end, since others' answers to the same client wait for them.
        """
        for caller in [each for each in self._callers if each.waiting]:
            caller.refuse(cause)
        self._pool.close()

    def renew(self) -> None:
        """The next call dials anew; what is under way is left alone."""
        self._pool.close()

    def retire(self, cause: str = "the node was removed") -> None:
        """Serves nothing new; clients' streams that have begun go on to their own end."""
        self._closed = cause
        self.interrupt(cause)

    def close(self, cause: str = "the node was removed") -> None:
        """Ends everything for good; later calls fail at once."""
        self._closed = cause
        for caller in list(self._callers):
            caller.refuse(cause)
        self._pool.close()

    def _connect(self, caller: Caller) -> None:
        dialling = self._dial(self._factory)
        self._callers[caller] = dialling
        dialling.addCallbacks(self._connected, self._undialled, (caller,), errbackArgs=(caller,))

    def _connected(self, connection: EngineConnection, caller: Caller) -> None:
        if caller not in self._callers:
            connection.drop()
            return
        self._callers[caller] = None
        self.peer = getattr(connection.transport.getPeer(), "host", "")
        caller.connected(connection, reused=False)

    def _undialled(self, failure: Failure, caller: Caller) -> None:
        if caller in self._callers:
            self._callers[caller] = None
            caller.unreachable(words(failure.value), silent=silent(failure.value))


@lru_cache(maxsize=16)
def _get(target: str) -> bytes:
    """Made once of each of the few things that are asked over and over."""
    return render("GET", target, b"", ())


def render(method: str, target: str, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A whole request of swarmd's own; the body is JSON unless ``headers`` says otherwise."""
    fields: Headers = [HOST, *headers]
    if body or method not in ("GET", "HEAD"):
        fields.append((b"Content-Length", b"%d" % len(body)))
    if body and not any(name.lower() == b"content-type" for name, _ in headers):
        fields.append((b"Content-Type", b"application/json"))
    return render_request(method.encode(), target.encode(), fields) + body
