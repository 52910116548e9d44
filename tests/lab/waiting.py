"""Waiting for what other processes do: always with a deadline, never longer than needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    check: Callable[[], T], within: float = 10.0, every: float = 0.05, what: str = ""
) -> T:
    """Returns what ``check`` returns, once that is true.

    An exception of ``check`` counts as "not yet"; the last one is the cause of the failure.
    """
    deadline = time.monotonic() + within
    while True:
        cause: Exception | None = None
        try:
            result = check()
            if result:
                return result
        except Exception as error:  # noqa: BLE001 - shown as the cause if it stays
            cause = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what or check}") from cause
        time.sleep(every)
