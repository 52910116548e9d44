"""What is written to the log: one line an event, text or JSON, from the level that was asked for.

Nothing from outside acts there: whatever is no letter is shown as an escape. Tracebacks alone have
several lines in text, of which all but the first begin with a tab; in JSON they are a field.
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
    formatEvent,
)
from twisted.python.logfile import LogFile
from zope.interface import implementer

from swarmd.core.printable import json_line, printable
from swarmd.core.units import rfc3339


@implementer(ILogObserver)
class LevelObserver:
    """Writes events of at least ``level`` (a name of twisted.logger's) to ``stream``, a file."""

    def __init__(self, level: str, stream: Any, form: str = "text") -> None:
        self._stream = stream
        self.change(level, form)

    def change(self, level: str, form: str = "text") -> None:
        """From now on; ``form`` is text or json."""
        predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(level))
        write = FileLogObserver(self._stream, json_lines if form == "json" else lines)
        self._some = FilteringLogObserver(write, [predicate])

    def __call__(self, event: LogEvent) -> None:
        self._some(event)


def lines(event: LogEvent) -> str | None:
    """An event as it stands in the log; None if it says nothing."""
    text = eventAsText(event, includeTraceback=False)
    traceback = _traceback(event)
    if text and event.get("trace"):
        text += f" (trace {event['trace']})"
    shown = [printable(line) for line in (text, *traceback.split("\n")) if line]
    return "\n\t".join(shown) + "\n" if shown else None


def json_lines(event: LogEvent) -> str | None:
    """The same as one object of JSON."""
    message, traceback = formatEvent(event), _traceback(event)
    if not message and not traceback:
        return None
    level = event.get("log_level")
    record = {
        "time": rfc3339(event.get("log_time", 0.0)),
        "level": level.name if level is not None else "info",
        "logger": _text(event.get("log_namespace", "")),
        "message": _text(message),
    }
    record |= {name: _text(event[key]) for name, key in _FIELDS if event.get(key)}
    if traceback:
        record["traceback"] = _text(traceback)
    return json_line(record).decode()


# Of swarmd's own events: its name in JSON, and in the event.
_FIELDS = (("node", "key"), ("node", "node"), ("trace", "trace"))


def _traceback(event: LogEvent) -> str:
    if "log_failure" not in event:
        return ""
    whole = eventAsText(event, includeTimestamp=False, includeSystem=False)
    return whole[len(formatEvent(event)) :].lstrip("\n")


def _text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()


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
