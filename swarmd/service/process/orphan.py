"""A process that lives on when systemd, which sees no difference between stop and restart, ends it.

To systemd a unit has ended once its main process has. So that process ends, and everything that it
was goes on in a copy of it, with its sockets and streams, in the unit's control group (hence
``KillMode=process``). Threads are not copied: they are ended before, and begun anew.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from swarmd.timers.periodic import Periodic

PATIENCE = 2.0  # seconds for threads that are reading files
LOOK = 0.02
HANG = 60  # seconds; nobody else watches such a process: one that hangs is ended by the kernel


def fork_away() -> None:
    """Returns in the copy alone. The process that called ends with status 0, without clean-up."""
    if os.fork():
        os._exit(0)


def when_quiet(clock: Any, foreseen: set[str], go_on: Callable[[], None]) -> None:
    """Calls ``go_on`` once only the main thread is at work, and those that are ``foreseen``.

    Args:
        foreseen: First words of names of threads that wait for work most of the time.
    """
    until = clock.seconds() + PATIENCE

    def look() -> None:
        busy = [
            each
            for each in threading.enumerate()
            if each is not threading.main_thread() and each.name.split("-")[0] not in foreseen
        ]
        if busy and clock.seconds() < until:
            clock.callLater(LOOK, look)
        else:
            go_on()

    look()


def watch_oneself(clock: Any) -> Periodic:
    """From now on this process is killed by SIGALRM if its reactor stands still."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    watching = Periodic(clock, HANG / 4, _arm, now=True)
    watching.startService()
    return watching


def _arm() -> None:
    signal.alarm(HANG)
