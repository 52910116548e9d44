"""The watcher of a hosts file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from twisted.application.service import MultiService
from twisted.internet.interfaces import IReactorTime

from swarmd.core.addresses import MOST_ADDRESSES
from swarmd.discovery.entry import Entry
from swarmd.discovery.hosts_file import Hosts, parse_hosts
from swarmd.files.in_thread import Executor, at_once
from swarmd.files.reader import BadFileError, parsed, read
from swarmd.files.watch import Watch

# Bytes; 10,000 lines with labels are far below.
LARGEST = 4 << 20
# A report is one line; who has more bad lines than that mends these first.
MOST_PROBLEMS_SHOWN = 5


def read_hosts(path: str, default_port: int) -> Hosts:
    """ValueError, with the reason, if it is no hosts file at all."""
    try:
        data, _ = read(path, LARGEST)
    except BadFileError as error:
        raise ValueError(f"cannot read hosts file {path}: {error}") from None
    text = data.decode("utf-8-sig", "replace")
    folder = os.path.dirname(path)
    try:
        return parsed(data, lambda _: parse_hosts(text, default_port, folder))
    except BadFileError as error:
        raise ValueError(f"hosts file {path}: {error}") from None


class HostsFile(MultiService):
    """A hosts file that is followed: gives its engines at start and after each change.

    Args:
        on_entries: Gets the whole list. The same list may come again.
        on_problem: Gets one line on what is wrong with the file, after ``on_entries``.
    """

    def __init__(
        self,
        path: str,
        default_port: int,
        clock: IReactorTime,
        on_entries: Callable[[list[Entry]], None],
        on_problem: Callable[[str], None],
        executor: Executor = at_once,
    ) -> None:
        super().__init__()
        self.listed = True  # there is no start without it
        self._path = path
        self._default_port = default_port
        self._on_entries = on_entries
        self._on_problem = on_problem
        self._executor = executor
        self._entries: list[Entry] = []
        self._watch: Watch[HostsFile] = Watch(clock, HostsFile._reread, executor)
        self._watch.setServiceParent(self)

    def startService(self) -> None:
        """The list is there before anything that needs it begins."""
        self._watch.follow(self, [self._path])
        self._take(self._read())
        super().startService()

    def reread(self) -> None:
        """Reads the file now, whether it changed or not."""
        self._watch.reread()

    def notices(self) -> list[str]:
        return self._watch.notices()

    async def _reread(self) -> None:
        self._take(await self._executor(self._read))

    def _read(self) -> Hosts | str:
        """A str is the reason why there is nothing."""
        try:
            return read_hosts(self._path, self._default_port)
        except ValueError as error:
            return str(error)

    def _take(self, hosts: Hosts | str) -> None:
        if isinstance(hosts, str):
            self._keep(hosts)
            return
        problems = [f"{self._path}:{problem}" for problem in hosts.problems]
        if self._entries and not hosts.entries:
            self._keep("; ".join([f"hosts file {self._path} lists no engine", *_brief(problems)]))
            return
        staying = self._staying(hosts.entries) if problems else []
        self._entries = [*hosts.entries, *staying]
        self._on_entries(self._entries)
        if problems:
            stay = [_stays(staying)] if staying else []
            self._on_problem("; ".join([*_brief(problems), *stay]))

    def _staying(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that no line names any more, while a line is wrong: it may be theirs.

        What an unreadable line was meant to say, nobody knows; so nobody leaves before all are
        right. Engines leave a fleet at leisure, but a letter too many must not take one off it.
        """
        keys, names = {one.key for one in entries}, {one.name for one in entries if one.name}
        left = [one for one in self._entries if one.key not in keys and one.name not in names]
        return left[: max(0, MOST_ADDRESSES - len(entries))]

    def _keep(self, problem: str) -> None:
        kept = f"; the {len(self._entries)} engines known before are kept" if self._entries else ""
        self._on_problem(problem + kept)


def _stays(staying: Sequence[Entry]) -> str:
    shown = ", ".join(one.address for one in staying[:MOST_PROBLEMS_SHOWN])
    more = len(staying) - MOST_PROBLEMS_SHOWN
    others = f" and {more} more stay" if more > 0 else " stays" if len(staying) == 1 else " stay"
    return f"no engine leaves before that is mended: {shown}{others}"


def _brief(problems: list[str]) -> list[str]:
    shown = problems[:MOST_PROBLEMS_SHOWN]
    more = len(problems) - len(shown)
    return [*shown, f"and {more} more lines"] if more else shown
