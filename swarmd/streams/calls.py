"""Calls of swarmd's own: the control plane's requests to an engine, with time limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from swarmd.codec.head import Headers, ResponseHead
from swarmd.core.errors import EngineUnreachable
from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.exchange import Exchange

_ERROR_LIMIT = 1 << 20  # bytes of an error's body


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answered.

    Attributes:
        headers: As received, in order.
        body: Without chunked coding.
    """

    status: int
    headers: Headers
    body: bytes


OnAnswer = Callable[[Answer | EngineUnreachable], None]


class Collected(Exchange):
    """A call whose whole answer is held until it is complete."""

    __slots__ = ("_limit",)

    def __init__(self, link: Connector, method: bytes, request: bytes, limit: int) -> None:
        super().__init__(link, method, request)
        self.payload = bytearray()
        self._limit = limit

    def completed(self, outcome: Answer | EngineUnreachable) -> None:
        """It has ended, either way."""

    def began(self, head: ResponseHead) -> None:
        if (head.length or 0) > self._limit:
            self._too_much()

    def moved(self, raw: bytes) -> None:
        if len(self.payload or b"") > self._limit:
            self._too_much()

    def ended(self, raw: bytes) -> None:
        assert self.head is not None
        body, self.payload = self.link.ids.shown_in(bytes(self.payload or b"")), None
        self.completed(Answer(self.head.status, self.head.headers, body))

    def failed(self, error: EngineUnreachable) -> None:
        self.completed(error)

    def _too_much(self) -> None:
        self.refuse(f"its answer is larger than {self._limit} bytes")


class Question(Collected):
    """A call without time limit and Deferred, for who asks often: a third of an ``EngineCall``.

    Args:
        on_answer: Gets the answer or the error, unless it is cancelled first.
    """

    __slots__ = ("_on_answer",)

    def __init__(self, link: Connector, request: bytes, on_answer: OnAnswer, limit: int) -> None:
        super().__init__(link, b"GET", request, limit)
        self._on_answer = on_answer

    def completed(self, outcome: Answer | EngineUnreachable) -> None:
        self._on_answer(outcome)


class EngineCall(Collected):
    """A call to an engine with a time limit.

    Attributes:
        answer: Fires with it; fails with EngineUnreachable.

    Args:
        gate: Asked right before the first byte is sent: why that must not be, "" if it may.
    """

    __slots__ = ("_gate", "_timer", "answer")

    def __init__(
        self,
        link: Connector,
        method: bytes,
        request: bytes,
        *,
        timeout: float | None,
        limit: int,
        gate: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(link, method, request, limit)
        self._gate = gate
        self.answer: Deferred[Answer] = Deferred(self._cancelled)
        self._timer: IDelayedCall | None = None
        if timeout is not None:
            self._timer = link.clock.callLater(timeout, self._too_late, timeout)

    def connected(self, connection: EngineConnection, *, reused: bool) -> None:
        if self._gate is not None and (cause := self._gate()):
            self.link.put_back(connection)
            self.unreachable(cause)
            return
        super().connected(connection, reused=reused)

    def completed(self, outcome: Answer | EngineUnreachable) -> None:
        self._stop_timer()
        if isinstance(outcome, Answer):
            self.answer.callback(outcome)
        else:
            self.answer.errback(outcome)

    def _too_late(self, limit: float) -> None:
        self._timer = None
        self.refuse(f"no answer within {limit:g} s", silent=True)

    def _cancelled(self, _: Deferred[Answer]) -> None:
        self._stop_timer()
        self.cancel()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class StreamCall(EngineCall):
    """A call whose body is handed on as it comes, unless the status says that it is an error."""

    __slots__ = ("_idle_limit", "_on_head", "_paused", "_receive")

    def __init__(
        self,
        link: Connector,
        method: bytes,
        request: bytes,
        receive: Callable[[bytes], None],
        on_head: Callable[[ResponseHead], None] | None,
        idle_timeout: float | None,
    ) -> None:
        super().__init__(link, method, request, timeout=idle_timeout, limit=_ERROR_LIMIT)
        self._receive = receive
        self._on_head = on_head
        self._idle_limit = idle_timeout
        self._paused = False

    @property
    def waiting(self) -> bool:
        """An answer with a time limit is waited for until its end, as of a load to many nodes."""
        return super().waiting or self._idle_limit is not None

    def pause(self) -> None:
        """Stops reading from the engine, which then must wait; no idle time limit meanwhile."""
        self._paused = True
        self._stop_timer()
        if self.connection is not None:
            self.connection.throttled = True
            self.connection.transport.pauseProducing()

    def resume(self) -> None:
        self._paused = False
        self._restart_timer()
        if self.connection is not None:
            self.connection.transport.resumeProducing()

    def began(self, head: ResponseHead) -> None:
        if self._on_head is not None:
            self._on_head(head)

    def moved(self, raw: bytes) -> None:
        self._hand_on()
        self._restart_timer()
        super().moved(raw)

    def ended(self, raw: bytes) -> None:
        self._hand_on()
        if not self.answer.called:  # the receiver may have cancelled
            super().ended(raw)

    def _hand_on(self) -> None:
        assert self.head is not None
        if self.payload and self.head.status < 400:
            data, self.payload = bytes(self.payload), bytearray()
            try:
                self._receive(data)
            except Exception:  # noqa: BLE001 - it belongs to whoever waits for the answer
                self._give_up(Failure())

    def _give_up(self, failure: Failure) -> None:
        self._stop_timer()
        self.cancel()
        self.answer.errback(failure)

    def _restart_timer(self) -> None:
        if self._timer is not None:
            self._timer.reset(self._idle_limit or 0.0)
        elif self._idle_limit is not None and not self._paused and not self.answer.called:
            self._timer = self.link.clock.callLater(
                self._idle_limit, self._too_late, self._idle_limit
            )
