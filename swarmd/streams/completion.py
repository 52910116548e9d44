"""Completion of a call: its status, to whoever must know before its client does."""

from __future__ import annotations

from collections.abc import Callable

from twisted.logger import Logger

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
