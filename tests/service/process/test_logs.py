from __future__ import annotations

import json
import re
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
    observer.change("info")
    log.info("after")
    assert "before" not in written.getvalue() and "after" in written.getvalue()


def written_as_json(emit: Callable[[Logger], None], namespace: str = "part") -> dict[str, Any]:
    stream = StringIO()
    emit(Logger(namespace, observer=LevelObserver("info", stream, "json")))
    [line] = stream.getvalue().splitlines()
    assert line.isprintable()
    found: dict[str, Any] = json.loads(line)
    return found


def test_as_json_each_event_is_an_object_a_line() -> None:
    found = written_as_json(lambda log: log.warn("container {name} is gone", name="web"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {"level": "warn", "logger": "part", "message": "container web is gone"}


def test_as_json_words_from_outside_do_not_act() -> None:
    found = written_as_json(lambda log: log.info("{name} is gone", name=EVIL), EVIL)
    assert found["message"] == EVIL.replace("\udc80", r"\udc80") + " is gone"


def test_as_json_the_node_and_the_trace_are_fields() -> None:
    found = written_as_json(lambda log: log.info("{node}: no", node="node-1", trace="a" * 32))
    assert (found["node"], found["trace"]) == ("node-1", "a" * 32)
    assert written_as_json(lambda log: log.info("{key}: no", key="10.0.0.1"))["node"] == "10.0.0.1"


def test_as_json_a_traceback_is_a_field() -> None:
    def fail(log: Logger) -> None:
        try:
            raise ValueError(EVIL)
        except ValueError:
            log.failure("it broke")

    found = written_as_json(fail)
    assert (found["level"], found["message"]) == ("critical", "it broke")
    assert found["traceback"].startswith("Traceback") and "ValueError" in found["traceback"]


def test_what_says_nothing_is_no_line() -> None:
    stream = StringIO()
    LevelObserver("info", stream, "json")({"log_level": LogLevel.info, "log_format": ""})
    assert stream.getvalue() == ""


def test_in_text_a_failure_names_its_trace() -> None:
    stream = StringIO()
    Logger(observer=LevelObserver("info", stream)).info("it broke", trace="a" * 32)
    assert stream.getvalue().endswith(f"it broke (trace {'a' * 32})\n")


def test_another_form_counts_at_once() -> None:
    stream = StringIO()
    observer = LevelObserver("info", stream)
    observer.change("info", "json")
    Logger(observer=observer).info("after")
    assert json.loads(stream.getvalue())["message"] == "after"
