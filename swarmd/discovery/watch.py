"""A hosts file that is watched.

A change counts once the file has looked the same twice in a row, so that a file caught while an
editor writes it, or missing for the moment between two renames, changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from swarmd.discovery.entry import Entry
from swarmd.discovery.hosts_file import parse_hosts

# Seconds between two looks; a change is served after at most twice that.
INTERVAL = 1.0
# Bytes; 10,000 lines with labels are far below.
LARGEST = 4 << 20
# A report is one line; who has more bad lines than that mends these first.
MOST_PROBLEMS_SHOWN = 5

# What tells one version of the file from another; a str is the reason why it cannot be read.
Look = tuple[int, int, int] | str


def look_at(path: str) -> Look:
    try:
        return _identity(os.stat(path))
    except OSError as error:
        return _reason(path, error)


def read_file(path: str) -> tuple[Look, str]:
    """The file's text and the version that it is of; ValueError, with the reason, if unreadable."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            # Before the read: what is written meanwhile must look like a change.
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"cannot read hosts file {path}: it is no regular file")
            look = _identity(status)
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(_reason(path, error)) from None
    if len(data) > LARGEST:
        raise ValueError(f"hosts file {path} is larger than {LARGEST >> 20} MiB")
    return look, data.decode("utf-8-sig", "replace")


class HostsFile(Service):
    """Gives the engines that a hosts file lists, at start and after each change.

    Args:
        on_entries: Gets the whole list. The same list may come again.
        on_problem: Gets one line on what is wrong with the file, after ``on_entries``.
    """

    _log = Logger()

    def __init__(
        self,
        path: str,
        default_port: int,
        clock: IReactorTime,
        on_entries: Callable[[list[Entry]], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._path = path
        self._default_port = default_port
        self._on_entries = on_entries
        self._on_problem = on_problem
        self._entries: list[Entry] = []
        self._handled: Look = ""
        self._last_look: Look = ""
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock

    def startService(self) -> None:
        super().startService()
        self.reread()
        self._loop.start(INTERVAL, now=False)

    def stopService(self) -> None:
        super().stopService()
        self._loop.stop()

    def reread(self) -> None:
        """Reads the file now, whether it changed or not."""
        try:
            self._handled, text = read_file(self._path)
        except ValueError as error:
            self._handled = look_at(self._path)
            self._keep(str(error))
        else:
            self._take(text)

    def _look(self) -> None:
        try:
            look = look_at(self._path)
            if look != self._handled and look == self._last_look:
                self.reread()
            self._last_look = look
        except Exception:  # noqa: BLE001 - an escape would end the loop for good
            self._log.failure("hosts file {path} could not be followed", path=self._path)

    def _take(self, text: str) -> None:
        hosts = parse_hosts(text, self._default_port, os.path.dirname(self._path))
        problems = [f"{self._path}:{problem}" for problem in hosts.problems]
        if self._entries and not hosts.entries:
            self._keep("; ".join([f"hosts file {self._path} lists no engine", *_brief(problems)]))
            return
        self._entries = hosts.entries
        self._on_entries(hosts.entries)
        if problems:
            self._on_problem("; ".join(_brief(problems)))

    def _keep(self, problem: str) -> None:
        kept = f"; the {len(self._entries)} engines known before are kept" if self._entries else ""
        self._on_problem(problem + kept)


def _at_once(path: str, flags: int) -> int:
    """Opening a pipe would wait, and everybody with it, until somebody writes there."""
    return os.open(path, flags | os.O_NONBLOCK)


def _identity(status: os.stat_result) -> Look:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _reason(path: str, error: OSError) -> str:
    return f"cannot read hosts file {path}: {error.strerror}"


def _brief(problems: list[str]) -> list[str]:
    shown = problems[:MOST_PROBLEMS_SHOWN]
    more = len(problems) - len(shown)
    return [*shown, f"and {more} more lines"] if more else shown
