"""A request's body, still to be read."""

from __future__ import annotations

from swarmd.codec.framing import BadBody, request_framing
from swarmd.codec.head import RequestHead
from swarmd.core.errors import ApiError, BadParameter
from swarmd.front.interfaces import BodySink


class Body:
    """A request's body: collected within a limit, handed on as it comes, or skipped.

    Attributes:
        data: The payload so far, unless it is handed on.
        done: It is complete.
        sink: Who gets it as it comes, if anybody does.
        held: The sink wants no more for now.
    """

    __slots__ = ("_declared", "_framing", "_limit", "data", "done", "held", "sink")

    def __init__(self, head: RequestHead) -> None:
        self._framing = request_framing(head)
        self._declared = head.length or 0
        self._limit = 0
        self.data = bytearray()
        self.done = self._framing.done
        self.sink: BodySink | None = None
        self.held = False

    def allow(self, limit: int) -> None:
        """Sets the limit, in bytes.

        Raises:
            ApiError: 413, as the head already announces more.
        """
        self._limit = limit
        self._check(self._declared)

    def feed(self, data: bytes) -> int:
        """How many bytes of ``data`` belong to this body.

        Raises:
            ApiError: 413 or 400; what follows cannot be read any more.
        """
        try:
            used = self._framing.feed(data, self.data)
        except BadBody as error:
            raise BadParameter(str(error)) from None
        self.done = self._framing.done
        if self.sink is None:
            self._check(len(self.data))
        elif self.data:
            data, self.data = bytes(self.data), bytearray()
            self.sink.received(data)
        return used

    def skip(self, data: bytes) -> int | None:
        """How many bytes of ``data`` are the rest of this body; None if it does not end in them."""
        try:
            used = self._framing.feed(data)
        except BadBody:
            return None
        return used if self._framing.done else None

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise ApiError(f"request body is larger than {self._limit} bytes", 413)
