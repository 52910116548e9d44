"""What the front needs from resources that want the head, and from those who take over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from twisted.python.failure import Failure

from swarmd.core.errors import ApiError
from swarmd.core.trail import Trail

if TYPE_CHECKING:
    from swarmd.front.request import DockerRequest


class Audit(Protocol):
    """Decides which requests are recorded."""

    def __call__(self, request: DockerRequest, denied: str = "") -> Trail | None:
        """What was ``denied``, for that reason, is, also where it would have changed nothing."""

    @property
    def written(self) -> int:
        """Lines, since the start."""

    @property
    def lost(self) -> int:
        """Lines that could not be written."""


class StartupGate(Protocol):
    """Puts requests off until there is something to tell."""

    @property
    def closed(self) -> bool:
        """Whether ``later`` needs to be asked."""

    def later(self, path: bytes, begin: Callable[[], None]) -> bool:
        """Whether ``begin`` is called later, and need not be now."""


class HeadResource(Protocol):
    """A resource with a true ``takes_head``, which may be a function of the request."""

    def render_head(self, request: DockerRequest) -> object:
        """Called when the head is complete; the body is unread."""


class BodySink(Protocol):
    """Takes a request's body as it comes."""

    def received(self, data: bytes) -> None:
        """A piece of it, without chunked coding; never empty."""

    def ended(self) -> None:
        """It is complete."""

    def failed(self, error: ApiError) -> None:
        """The rest cannot be read; the client is told by the connection itself."""


class StreamEnd(Protocol):
    """Hears what a client's connection does once it is no longer HTTP."""

    def received(self, data: bytes) -> None:
        """Bytes have come."""

    def half_closed(self) -> None:
        """The client will send nothing more, and still reads."""

    def lost(self, reason: Failure) -> None:
        """The connection is gone in both directions."""
