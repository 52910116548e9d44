"""Shielding from cancellation: work goes on to its end when who waits for it leaves."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.errors import ApiError

V = TypeVar("V")

_log = Logger()


def shielded(work: Coroutine[Any, Any, V], *foreseen: type[Exception]) -> Deferred[V]:
    """The result of ``work``, which must come to an end by itself; cancelling this leaves it be.

    Args:
        foreseen: What it may raise beside ApiError; other errors that nobody hears are logged.
    """
    result: Deferred[V] = Deferred()
    Deferred.fromCoroutine(work).addBoth(_deliver, result, (ApiError, CancelledError, *foreseen))
    return result


def end_of(work: Deferred[Any]) -> Deferred[None]:
    """Fires when ``work`` has ended, however; its result stays whoever's it is."""
    over: Deferred[None] = Deferred()

    def ended(result: object) -> object:
        over.callback(None)
        return result

    work.addBoth(ended)
    return over


def _deliver(outcome: Any, result: Deferred[Any], foreseen: tuple[type[Exception], ...]) -> None:
    if not result.called:
        result.callback(outcome)
    elif isinstance(outcome, Failure) and not outcome.check(*foreseen):
        _log.failure("nobody waits any more", outcome)
