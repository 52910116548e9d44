"""Waiting for what other processes do: always with a deadline, never longer than needed.

The deadline says that something hangs, not how quick it has to be: a busy machine takes its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0  # seconds


def eventually(
    check: Callable[[], T], within: float = PATIENCE, every: float = 0.05, what: str = ""
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
        every = min(every * 1.2, 0.5)  # who asks less leaves more to who is asked


class Stopwatch:
    """Counts seconds, but for those in which a process had to wait for a processor."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began, self._starved = time.monotonic(), _starved(pid)

    def seconds(self) -> float:
        waited = max(0.0, _starved(self._pid) - self._starved)
        return time.monotonic() - self._began - waited


def _starved(pid: int) -> float:
    """Seconds in which a process wanted to run so far, and no processor was free for it."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:  # it has ended, or this kernel does not count them
        return 0.0
