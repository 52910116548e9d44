from io import StringIO

from twisted.logger import Logger, LogLevel

from swarmd.logs import observer


def test_only_what_is_asked_for_is_written() -> None:
    written = StringIO()
    log = Logger(observer=observer("warn", written))
    log.emit(LogLevel.info, "quiet")
    log.emit(LogLevel.warn, "engine {engine} is lost", engine="node-1")
    assert "quiet" not in written.getvalue()
    assert "engine node-1 is lost" in written.getvalue()
