"""What the front's modules need of each other and of resources, seen from below.

A site's class of requests is a parameter here: what is made of a request is above these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from twisted.python.failure import Failure

from swarmd.codec.head import RequestHead
from swarmd.core.errors import ApiError
from swarmd.core.request.audit_trail import AuditTrail
from swarmd.core.request.request_record import RequestRecord
from swarmd.core.request.trace_context import TraceContext
from swarmd.front.origin_check import OriginCheck

Asked = TypeVar("Asked", contravariant=True)


class Connection(Protocol):
    """A client's connection, as its site minds it.

    Attributes:
        deadline: When patience ends, by the site's clock; None where there is no limit.
        origin_check: What its requests have to pass; None until the next one asks.
    """

    deadline: float | None
    origin_check: OriginCheck | None

    def expire(self) -> None:
        """The deadline has passed."""

    def leave(self) -> None:
        """swarmd ends."""

    def pass_on(self) -> None:
        """Another process serves: it takes the connection, if that waits for a request.

        If there is none any more, a request that waited for it is begun here.
        """


class Successor(Protocol):
    """The process that serves in place of this one."""

    def take(self, transport: Any, ahead: bytes) -> bool:
        """Whether it takes a client's connection, on which ``ahead`` was read; else it stays."""


class Request(Protocol):
    """The request that a connection serves.

    Attributes:
        survives_half_close: A FIN of the client does not mean that it has left.
    """

    head: RequestHead
    path: bytes
    survives_half_close: bool

    def begin(self) -> None:
        """Its head is complete; it asks the connection for its body."""

    def collected(self, body: bytes) -> None:
        """The body that it wanted is complete."""

    def refused(self, error: ApiError) -> None:
        """The rest of its body cannot be read."""

    def connectionLost(self, reason: Failure) -> None:
        """The client has left before the end of the answer."""


class Audit(Protocol[Asked]):
    """The choice of which requests are recorded."""

    def __call__(self, request: Asked, denied: str = "") -> AuditTrail | None:
        """What was ``denied``, for that reason, is, also where it would have changed nothing."""

    @property
    def written(self) -> int:
        """Lines, since the start."""

    @property
    def lost(self) -> int:
        """Lines that could not be written."""


class Access(Protocol[Asked]):
    """The access log."""

    def __call__(self, request: Asked, trace: TraceContext | None) -> RequestRecord:
        """The record of a request that begins; it is logged when it is over."""

    @property
    def written(self) -> int:
        """Lines, since the start."""

    @property
    def lost(self) -> int:
        """Lines that could not be written."""


class Gate(Protocol):
    """A gate that puts requests off until there is something to say."""

    @property
    def closed(self) -> bool:
        """Whether ``later`` needs to be asked."""

    def later(self, path: bytes, begin: Callable[[], None]) -> bool:
        """Whether ``begin`` is called later, and need not be now."""


class HeadResource(Protocol[Asked]):
    """A resource with a true ``takes_head``, which may be a function of the request."""

    def render_head(self, request: Asked) -> object:
        """Called when the head is complete; the body is unread."""


class BodySink(Protocol):
    """A sink of a request's body as it comes."""

    def received(self, data: bytes) -> None:
        """A piece of it, without chunked coding; never empty."""

    def ended(self) -> None:
        """It is complete."""

    def failed(self, error: ApiError) -> None:
        """The rest cannot be read; the client is told by the connection itself."""


class StreamEnd(Protocol):
    """The end of a raw stream: hears what a client's connection does once it is no longer HTTP."""

    def received(self, data: bytes) -> None:
        """Bytes have come."""

    def half_closed(self) -> None:
        """The client will send nothing more, and still reads."""

    def lost(self, reason: Failure) -> None:
        """The connection is gone in both directions."""
