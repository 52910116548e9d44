"""What is written to the log: one text line an event, from the level that was asked for."""

from __future__ import annotations

from typing import TextIO

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    textFileLogObserver,
)


def observer(level: str, stream: TextIO) -> ILogObserver:
    """Writes events of at least ``level`` (a name of twisted.logger's) to ``stream``."""
    predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(level))
    return FilteringLogObserver(textFileLogObserver(stream), [predicate])
