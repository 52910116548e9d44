"""What this package needs from its neighbours: a client's request, and somebody who dials.

``swarmd.front`` provides the client's side; nothing here imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocolFactory
from twisted.python.failure import Failure

from swarmd.codec.head import RequestHead
from swarmd.core.errors import ApiError
from swarmd.core.request.audit_trail import AuditTrail
from swarmd.core.request.request_record import RequestRecord

# Connects and, with TLS, shakes hands; fails with any exception.
Dial = Callable[[IProtocolFactory], "Deferred[Any]"]


class End(Protocol):
    """An end of a connection: who hears what happens on it, from either side."""

    def received(self, data: bytes) -> None: ...

    def half_closed(self) -> None:
        """The other side sends no more (FIN or close_notify), but may still read."""

    def lost(self, reason: Failure) -> None:
        """The connection is gone; nothing follows."""


class Transport(Protocol):
    """The part of a transport that is used, the same for TCP, UNIX and TLS."""

    def write(self, data: bytes) -> None: ...
    def loseConnection(self) -> None: ...
    def loseWriteConnection(self) -> None: ...
    def abortConnection(self) -> None: ...
    def registerProducer(self, producer: Any, streaming: bool) -> None: ...
    def unregisterProducer(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


class Channel(Protocol):
    """A client's connection.

    Attributes:
        received, sent: Bytes of the request, and of the answer to it.
    """

    transport: Any
    received: int
    sent: int

    def write(self, data: bytes) -> None:
        """Bytes of an answer, head included."""

    def keeps_alive(self, *, delimited: bool = True) -> bool:
        """Whether it outlives this answer; never if the answer is not ``delimited``."""

    def take_over(self, end: End) -> bytes:
        """HTTP ends here: the bytes that were read already; all others go to ``end``."""


class ClientRequest(Protocol):
    """A client's request, of which the head is known and the body may be unread.

    Attributes:
        startedWriting: A byte of the answer was written.
        gone: The client has left; nothing can be answered.
        survives_half_close: A FIN of the client does not mean that it has left.
        trail: Hears of the outcome; None if nobody wants to.
        record: Of its trace, and of what is to be logged at its end; None if there is neither.
    """

    channel: Any
    head: RequestHead
    method: bytes
    startedWriting: Any
    gone: bool
    survives_half_close: bool
    trail: AuditTrail | None
    record: RequestRecord | None

    def answered(self, status: int) -> None:
        """The head of the answer goes out."""

    def on_gone(self, callback: Callable[[], object]) -> None: ...

    def reply_error(self, error: ApiError) -> None: ...

    def registerProducer(self, producer: Any, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...

    def finish(self) -> None:
        """The answer is complete; the connection is the next request's."""

    def abort(self, *, framed: bool = False) -> None:
        """Breaks the answer off so that it does not look complete; ``framed``: it cannot."""
