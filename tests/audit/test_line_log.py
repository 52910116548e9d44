from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from swarmd.audit.line_log import LineLog


def made(place: str) -> LineLog:
    reactor: Any = Clock()
    reactor.callFromThread = lambda call, *given, **named: call(*given, **named)
    return LineLog("access", place, reactor)


def test_what_was_rotated_is_opened_anew(tmp_path: Path) -> None:
    place, old = tmp_path / "log", tmp_path / "log.1"
    log = made(str(place))
    log.startService()
    log.writer.write(b"one\n")
    while not log.written:
        pass
    place.rename(old)
    log.reread()
    log.writer.write(b"two\n")
    log.stopService()
    assert (old.read_text(), place.read_text()) == ("one\n", "two\n")
    assert (log.written, log.lost, log.notices()) == (2, 0, [])


def test_a_full_disk_is_noticed_and_stops_nobody() -> None:
    log = made("/dev/full")
    log.startService()
    log.writer.write(b"one\ntwo\n", 2)
    log.stopService()
    reason = "the access log has lost 2 lines: /dev/full: No space left on device"
    assert (log.written, log.lost, log.notices()) == (0, 2, [reason])


def test_a_place_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        made(str(tmp_path / "no" / "log"))
