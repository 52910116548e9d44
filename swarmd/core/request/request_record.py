"""The record of one request, for the access log and for traces: noted on its way to its end.

Like the audit trail it is a context variable, which coroutines take along, so that whoever asks an
engine for a request finds it. It holds on to nothing large: a stream may last for months.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from swarmd.core.request.trace_context import TraceContext

LEFT = 499  # the client left before there was an answer


class RequestRecord:
    """The record of one request.

    Attributes:
        trace: The trace that it belongs to; None if it belongs to none.
        nodes: Those that were asked for it, in that order.
        role: What a policy let it pass as.
        status: Of the answer; 0 until there is one.
        headed, waited: Whether the head of the answer went out, and after how many seconds.
        received, sent: Bytes of the client and to it, heads included.
        complete: The answer came to its end.
    """

    __slots__ = (
        *("_on_finish", "complete", "headed", "nodes", "received", "role", "sent", "status"),
        *("trace", "waited"),
    )

    def __init__(
        self,
        trace: TraceContext | None = None,
        on_finish: Callable[[RequestRecord], None] | None = None,
    ) -> None:
        """``on_finish`` is called once."""
        self.trace = trace
        self.nodes: list[str] = []
        self.role = ""
        self.status = self.received = self.sent = 0
        self.waited = 0.0
        self.complete = self.headed = False
        self._on_finish = on_finish

    def run(self, step: Callable[[], None]) -> None:
        """What ``step`` does, and begins, belongs to this record."""
        before = _current.set(self)
        try:
            step()
        finally:
            _current.reset(before)

    def answered(self, status: int, waited: float) -> None:
        self.status, self.waited, self.headed = status, waited, True

    def taken_over(self, received: int, sent: int) -> None:
        """A stream goes on with the connection, after so many bytes."""
        self.received, self.sent = received, sent

    def add_received(self, size: int) -> None:
        self.received += size

    def add_sent(self, size: int) -> None:
        self.sent += size

    def finish(self, *, complete: bool) -> None:
        """It is over. Only the first call counts."""
        on_finish, self._on_finish = self._on_finish, None
        if on_finish is not None:
            self.complete = complete
            self.status = self.status or LEFT
            on_finish(self)


_current: ContextVar[RequestRecord | None] = ContextVar("record", default=None)


def asked(node: str) -> None:
    """A node is asked for the request that is served."""
    record = _current.get()
    if record is not None and node not in record.nodes:
        record.nodes.append(node)


def trace_headers() -> list[tuple[bytes, bytes]]:
    """Of the request that is served: for what swarmd itself asks engines for it."""
    record = _current.get()
    return [] if record is None or record.trace is None else record.trace.headers
