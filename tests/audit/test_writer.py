from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from swarmd.audit import writer as module
from swarmd.audit.writer import Writer


class Disk:
    """A target that can be full, or hang."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.full = False
        self.reopened = 0
        self.closed = False
        self.free = threading.Event()
        self.free.set()

    def write(self, line: bytes) -> None:
        self.free.wait(10)
        if self.full:
            raise OSError(28, "No space left on device")
        self.lines.append(line)

    def reopen(self) -> None:
        self.reopened += 1
        if self.full:
            raise OSError(13, "Permission denied")

    def close(self) -> None:
        self.closed = True


def started(disk: Disk) -> tuple[Writer, list[str]]:
    troubles: list[str] = []
    writer = Writer(disk, troubles.append)
    writer.start()
    return writer, troubles


def test_lines_are_written_in_order_before_it_ends() -> None:
    disk = Disk()
    writer, _ = started(disk)
    for number in range(100):
        writer.write(b"%d" % number)
    writer.reopen()
    writer.stop()
    assert disk.lines == [b"%d" % number for number in range(100)]
    assert (writer.written, writer.lost, disk.reopened, disk.closed) == (100, 0, 1, True)


def test_a_full_disk_is_counted_and_told_once() -> None:
    disk = Disk()
    disk.full = True
    writer, troubles = started(disk)
    for line in (b"a", b"b"):
        writer.write(line)
    writer.reopen()
    writer.stop()
    assert (writer.written, writer.lost) == (0, 2)
    assert troubles == ["No space left on device", "Permission denied"]


def test_a_problem_ends_with_the_next_line_that_is_written() -> None:
    disk = Disk()
    disk.full = True
    writer, troubles = started(disk)
    writer.write(b"a")
    while not writer.problem:
        time.sleep(0.001)
    disk.full = False
    writer.write(b"b")
    writer.stop()
    assert (writer.problem, writer.lost, writer.written, len(troubles)) == ("", 1, 1, 1)


def test_a_disk_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 5)
    disk: Any = Disk()
    disk.free.clear()
    writer, troubles = started(disk)
    for _ in range(20):
        writer.write(b"x")
    assert writer.lost >= 14
    assert troubles == ["more than 5 lines wait to be written"]
    disk.free.set()
    writer.stop()
    assert writer.written + writer.lost == 20
