"""Completion of a call: its status, to whoever must know before its client does; its record."""

from __future__ import annotations

from collections.abc import Callable

from twisted.logger import Logger

from swarmd.streams.interfaces import ClientRequest

Done = Callable[[int], None]

LEFT = 499  # the client left before the answer was complete
LOST = 503  # the engine was lost, perhaps with its answer
UNKNOWN = frozenset({LEFT, LOST})  # after these the engine may have done it, or may yet do it

_log = Logger()


def notify(done: Done | None, status: int) -> None:
    """Calls ``done``; its errors are logged, for the client must get its answer all the same."""
    if done is not None:
        try:
            done(status)
        except Exception:  # noqa: BLE001
            _log.failure("after an answer of {status}", status=status)


class Completion:
    """The completion of a call that takes over its client's connection.

    It lets go of the request with the head of the answer: a stream may last for months.

    Attributes:
        record: Of the request, if there is one.
    """

    __slots__ = ("_done", "_request", "_trail", "record")

    def __init__(self, request: ClientRequest, done: Done | None) -> None:
        self._request: ClientRequest | None = request
        self._done = done
        self._trail = request.trail
        self.record = request.record

    @property
    def awaited(self) -> bool:
        """Whether somebody must know of it before the client does."""
        return self._done is not None

    def answered(self, status: int, sent: int = 0) -> None:
        """The head of the answer goes out; ``sent`` bytes of it that no engine sent."""
        request, self._request = self._request, None
        if request is not None:
            request.answered(status)
        if self.record is not None:
            self.record.add_sent(sent)

    def notify(self, status: int) -> None:
        done, self._done = self._done, None
        notify(done, status)
        if self._trail is not None:
            self._trail.finish(status)

    def finish(self, *, complete: bool) -> None:
        """Nothing more goes to the client."""
        if self.record is not None:
            self.record.finish(complete=complete)
