from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import Logger, LogLevel
from twisted.python.logfile import LogFile

from swarmd.service.process.logs import LevelObserver, place

STANDARD = StringIO()
EVIL = "a\r\n\tb\x1b[31m\0\x9b\u2028\u202e\udc80"
SHOWN = r"a\r\n\tb\x1b[31m\x00\x9b\u2028\u202e\udc80"


def test_only_what_is_asked_for_is_written() -> None:
    written = StringIO()
    log = Logger(observer=LevelObserver("warn", written))
    log.emit(LogLevel.info, "quiet")
    log.emit(LogLevel.warn, "engine {engine} is lost", engine="node-1")
    assert "quiet" not in written.getvalue()
    assert "engine node-1 is lost" in written.getvalue()


def test_words_from_outside_do_not_act() -> None:
    """In no place of a line: neither among the values nor where the name of a part stands."""
    written = StringIO()
    log = Logger(EVIL, observer=LevelObserver("info", written))
    log.info("container {name} is gone", name=EVIL)
    [line] = written.getvalue().splitlines()
    assert line.endswith(f"[{SHOWN}#info] container {SHOWN} is gone")


def test_a_traceback_has_lines_of_its_own_that_look_like_no_others() -> None:
    written = StringIO()
    log = Logger("part", observer=LevelObserver("info", written))
    try:
        raise ValueError(EVIL)
    except ValueError:
        log.failure("it broke")
    first, *others = written.getvalue().splitlines()
    assert first.endswith("[part#critical] it broke") and len(others) > 2
    assert all(line.startswith("\t") for line in others)
    assert all(line[1:].isprintable() for line in others)


@pytest.fixture
def untouched() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGUSR1, before)


def now(work: Callable[[], Any]) -> None:
    work()


@pytest.mark.parametrize("outer", [{}, {"nodaemon": 1}, {"logfile": "-", "nodaemon": 1}])
def test_in_the_foreground_it_goes_to_the_standard_output(outer: dict[str, Any]) -> None:
    assert place(outer, STANDARD, now) is STANDARD


@pytest.mark.parametrize(
    "outer",
    [{"syslog": 1, "nodaemon": 1}, {"logger": "a.b"}, {"logfile": "-", "nodaemon": 0}],
)
def test_what_is_twistds_stays_its_own(outer: dict[str, Any]) -> None:
    assert place(outer, STANDARD, now) is None


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("outer", [{"nodaemon": 0}, {"nodaemon": 1, "logfile": "twistd.log"}])
def test_else_to_a_file_of_which_a_signal_begins_a_new_one(
    outer: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = place(outer, STANDARD, now)
    assert isinstance(file, LogFile)
    Logger("part", observer=LevelObserver("info", file)).info("größe {name}", name=EVIL)
    assert f"größe {SHOWN}" in (tmp_path / "twistd.log").read_text()
    signal.raise_signal(signal.SIGUSR1)
    assert (tmp_path / "twistd.log").read_text() == ""
    assert "größe" in (tmp_path / "twistd.log.1").read_text()
    file.close()


def test_another_level_counts_at_once() -> None:
    written = StringIO()
    observer = LevelObserver("warn", written)
    log = Logger(observer=observer)
    log.info("before")
    observer.set_level("info")
    log.info("after")
    assert "before" not in written.getvalue() and "after" in written.getvalue()
