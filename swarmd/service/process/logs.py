"""What is written to the log: one text line an event, from the level that was asked for.

Nothing from outside acts there: whatever is no letter is shown as an escape. Tracebacks alone have
several lines, of which all but the first begin with a tab.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    eventAsText,
)
from twisted.python.logfile import LogFile
from zope.interface import implementer

from swarmd.core.printable import printable


@implementer(ILogObserver)
class LevelObserver:
    """Writes events of at least ``level`` (a name of twisted.logger's) to ``stream``, a file."""

    def __init__(self, level: str, stream: Any) -> None:
        self._all = FileLogObserver(stream, lines)
        self.set_level(level)

    def set_level(self, level: str) -> None:
        predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(level))
        self._some = FilteringLogObserver(self._all, [predicate])

    def __call__(self, event: LogEvent) -> None:
        self._some(event)


def lines(event: LogEvent) -> str | None:
    """An event as it stands in the log; None if it says nothing."""
    text = eventAsText(event, includeTraceback=False)
    traceback = eventAsText(event)[len(text) :] if "log_failure" in event else ""
    shown = [printable(line) for line in (text, *traceback.split("\n")) if line]
    return "\n\t".join(shown) + "\n" if shown else None


def place(
    outer: Mapping[str, Any], standard: TextIO, call: Callable[[Callable[[], Any]], Any]
) -> Any:
    """Where twistd, with its options ``outer``, would write; None where that is not ours to do.

    Args:
        call: Calls what it is given from the main loop: as with twistd, SIGUSR1 begins a new file.
    """
    if outer.get("syslog") or outer.get("logger"):
        return None
    background = not outer.get("nodaemon", True)
    name = outer.get("logfile") or ("twistd.log" if background else "-")
    if name == "-":
        return None if background else standard
    file = LogFile.fromFullPath(name)
    if not signal.getsignal(signal.SIGUSR1):
        signal.signal(signal.SIGUSR1, lambda *_: call(file.rotate))
    return file
