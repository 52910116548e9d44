"""One request to an engine and its answer, as a state machine without Deferreds.

dialling -> sent -> head -> body -> over. An answer's bytes are walked, not parsed: where it ends is
all that must be known. Whatever an engine sends that is not a well-formed answer within the bounds
ends the exchange with one error and costs the engine that connection.

Every exchange ends in exactly one call of ``ended`` or ``failed``, unless it is cancelled.
"""

from __future__ import annotations

from twisted.python.failure import Failure

from swarmd.codec.framing import BadBody, Framing, UntilClose, response_framing
from swarmd.codec.head import BadHead, ResponseHead, scan_response
from swarmd.core.errors import EngineUnreachable
from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.dialing.dial_errors import silent, words

MOST_INTERIM = 16  # heads like "100 Continue" before the real one
_REPEATABLE = (b"GET", b"HEAD")


class Exchange:
    """The base of everything that is asked of an engine over HTTP: a request and its answer.

    Attributes:
        head: The answer's head, once it is here.
        payload: If set, collects the answer's body without its chunked coding.
        connection: In use by this exchange; None before and after.
    """

    __slots__ = (
        "_framing",
        "_held",
        "_interim",
        "_reused",
        "_sent",
        "connection",
        "head",
        "link",
        "method",
        "payload",
        "request",
    )

    def __init__(self, link: Connector, method: bytes, request: bytes) -> None:
        """``request`` is the whole request, head and body."""
        self.link = link
        self.method = method
        self.request = request
        self.head: ResponseHead | None = None
        self.payload: bytearray | None = None
        self.connection: EngineConnection | None = None
        self._framing: Framing | None = None
        self._held = b""
        self._interim = 0
        self._reused = False
        self._sent = False

    # What subclasses do with the answer.

    def began(self, head: ResponseHead) -> None:
        """The head is here; ``moved`` or ``ended`` follows with its bytes."""

    def moved(self, raw: bytes) -> None:
        """More bytes of the answer as they came, the head included; never empty."""

    def ended(self, raw: bytes) -> None:
        """The last bytes of the answer (may be none); the connection is free already."""

    def failed(self, error: EngineUnreachable) -> None:
        """There is no answer, or not the whole of it."""

    # What happens on the engine's side.

    def connected(self, connection: EngineConnection, *, reused: bool) -> None:
        self._reused = reused
        self._sent = True
        self.connection = connection
        connection.end = self
        connection.transport.write(self.request)

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        self.link.failed_calls += 1
        self.link.over(self)
        silent = silent and not self._heard
        self.failed(EngineUnreachable(self.link.node, cause, sent=self._sent, silent=silent))

    @property
    def _heard(self) -> bool:
        """Some of an answer has come."""
        return self.head is not None or bool(self._held or self._interim)

    def received(self, data: bytes) -> None:
        try:
            if self._framing is None:
                self._scan(data)
            else:
                self._walk(self._framing, data, 0)
        except (BadHead, BadBody) as error:
            self._break(f"it answered with malformed HTTP: {error}")

    def half_closed(self) -> None:
        if self._framing is not None and self._framing.ends_at_eof():
            self._free(keep=False)
            self.ended(b"")
        else:
            cause = "it closed the connection before its answer was complete"
            self._break(cause, silent=True)

    def lost(self, reason: Failure) -> None:
        self.connection = None
        self._fail(words(reason.value), silent=silent(reason.value))

    def cancel(self) -> None:
        """Ends it without a further call; the engine sees its connection closed."""
        self.link.over(self)
        self._free(keep=False)

    def refuse(self, cause: str, *, silent: bool = False) -> None:
        """Ends it as a failure of the engine."""
        self._free(keep=False)
        self.unreachable(cause, silent=silent)

    def upgraded(self, head: ResponseHead) -> bool:
        """Whether ``head`` ends HTTP on this connection; then ``switch`` gets what follows."""
        return False

    def switch(self, head: ResponseHead, raw: bytes) -> None:
        """The connection is a raw stream now; ``raw`` is the head and what came after it."""

    def _scan(self, data: bytes) -> None:
        if self._held:
            data = self._held + data
        scanned = scan_response(data)
        while scanned is not None and scanned[0].interim:
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise BadHead(502, "too many interim answers")
            data = data[scanned[1] :]
            scanned = scan_response(data)
        if scanned is None:
            self._held = data
            return
        self._held = b""
        self._begin(scanned[0], data, scanned[1])

    def _begin(self, head: ResponseHead, data: bytes, used: int) -> None:
        if self.upgraded(head):
            self.switch(head, data)
            return
        if head.status == 101:
            raise BadHead(502, "an upgrade that nobody asked for")
        self.head = head
        self._framing = framing = response_framing(self.method, head)
        self.began(head)
        if self.connection is not None:  # else it was cancelled by what its head says
            self._walk(framing, data, used)

    def _walk(self, framing: Framing, data: bytes, start: int) -> None:
        body = data[start:] if start else data
        used = framing.feed(body, self.payload)
        if not framing.done:
            self.moved(data)
            return
        surplus = used < len(body)
        assert self.head is not None
        self._free(keep=self.head.keep_alive and not surplus)
        self.ended(data[: start + used] if surplus else data)

    def _free(self, *, keep: bool) -> None:
        """Gives the connection back before anybody is told, so that the next call finds it."""
        connection, self.connection = self.connection, None
        if connection is not None:
            self.link.over(self)
            connection.end = None
            if keep:
                self.link.put_back(connection)
            else:
                connection.drop()

    def _break(self, cause: str, *, silent: bool = False) -> None:
        self._free(keep=False)
        self._fail(cause, silent=silent)

    def _fail(self, cause: str, *, silent: bool) -> None:
        untouched = self._reused and not self._heard
        if untouched and self.method in _REPEATABLE:
            # It was closed while it was idle, and we learn it only now.
            self._reused = False
            self.link.begin(self, fresh=True)
        else:
            self.unreachable(cause, silent=silent)

    @property
    def waiting(self) -> bool:
        """The engine has not begun to answer."""
        return self.head is None

    @property
    def closes(self) -> bool:
        """The connection ends with the answer, so a client that gets it verbatim expects that."""
        assert self.head is not None
        return not self.head.keep_alive or isinstance(self._framing, UntilClose)
