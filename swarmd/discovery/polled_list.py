"""Engines that something outside of swarmd lists: it is asked again and again.

What it does not say, nobody knows: while it fails, is empty all at once, or says something that
cannot be read of an engine, those that were known stay.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.core.addresses import MOST_ADDRESSES
from swarmd.discovery.entry import Entry, TlsOverride
from swarmd.discovery.hosts_file import parse_line
from swarmd.timers.periodic import Periodic

INTERVAL = 5.0  # seconds between two looks
_MOST_SHOWN = 5  # problems in one line


class ListUnknown(Exception):
    """Why it cannot be said now which engines there are."""


class PolledList(MultiService):
    """A list that is asked for every few seconds.

    Args:
        name: What is asked, as users know it.
        ask: Gives a line for each engine, as of a hosts file, by a key that stays its own.
        close: Ends connections.

    Attributes:
        listed: It was answered once.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        name: str,
        ask: Callable[[], Awaitable[Mapping[str, str]]],
        close: Callable[[], Awaitable[None]],
        default_port: int,
        on_entries: Callable[[list[Entry]], None],
        on_problem: Callable[[str], None],
    ) -> None:
        super().__init__()
        turns = Periodic(clock, INTERVAL, self.reread, now=True, failed=f"{name} was not asked")
        turns.setServiceParent(self)
        self.listed = False
        self._list = name
        self._ask = ask
        self._close = close
        self._port = default_port
        self._on_entries = on_entries
        self._on_problem = on_problem
        self._known: dict[str, list[Entry]] = {}
        self._problem = ""
        self._asking: Deferred[None] | None = None

    def reread(self) -> None:
        """Asks now, unless it is being asked."""
        if self._asking is None:
            self._asking = Deferred.fromCoroutine(self._look())
            self._asking.addBoth(self._looked)

    def stopService(self) -> Deferred[None]:
        stopped = super().stopService()
        if self._asking is not None:
            self._asking.cancel()
        return Deferred.fromCoroutine(self._closed(stopped))

    def notices(self) -> list[str]:
        """Nothing that could hang."""
        return []

    async def _closed(self, stopped: Deferred[Any]) -> None:
        await stopped
        await self._close()

    def _looked(self, result: object) -> None:
        self._asking = None

    async def _look(self) -> None:
        try:
            lines = await self._ask()
        except ListUnknown as error:
            if self.running:
                self._report([str(error)], kept=True)
        except CancelledError:
            return
        except Exception:  # noqa: BLE001 - the next look comes
            self._log.failure("{name} was not asked", name=self._list)
        else:
            self._take(lines)

    def _take(self, lines: Mapping[str, str]) -> None:
        found, problems = self._read(lines)
        if self._known and not any(found.values()):
            self._report([f"{self._list} lists no engine", *problems], kept=True)
            return
        changed, self._known = found != self._known, found
        if changed or self._problem or not self.listed:
            self.listed = True
            self._on_entries([entry for entries in found.values() for entry in entries])
        self._report(problems)

    def _read(self, lines: Mapping[str, str]) -> tuple[dict[str, list[Entry]], list[str]]:
        """Engines by key, and what is wrong; of whom something is wrong, what was known stays."""
        found: dict[str, list[Entry]] = {}
        problems: list[str] = []
        taken: set[str] = set()
        for key, line in sorted(lines.items()):
            try:
                entries = _entries(line, self._port)
                _check(entries, taken)
            except ValueError as error:
                problems.append(f"{self._list}: {key}: {error}")
                entries = [one for one in self._known.get(key, []) if one.key not in taken]
            found[key] = entries
            taken.update(*(_identities(one) for one in entries))
        return found, problems

    def _report(self, problems: list[str], *, kept: bool = False) -> None:
        """Once, as long as it is the same."""
        shown = problems[:_MOST_SHOWN]
        if len(problems) > _MOST_SHOWN:
            shown.append(f"and {len(problems) - _MOST_SHOWN} more")
        many = sum(len(entries) for entries in self._known.values())
        if kept and many:
            shown.append(f"the {many} engines known before are kept")
        problem = "; ".join(shown)
        if problem and problem != self._problem:
            self._on_problem(problem)
        self._problem = problem


def _entries(line: str, port: int) -> list[Entry]:
    """Whoever can write there shall not say which files and keys swarmd uses, nor leave TLS out."""
    entries = parse_line(line, port)
    for entry in entries:
        if entry.is_local_or_ssh or entry.tls != TlsOverride() or entry.ssh_key:
            raise ValueError("an engine is HOST:PORT here, with name= and labels")
    return entries


def _identities(entry: Entry) -> set[str]:
    return {entry.key, f"name={entry.name}"} if entry.name else {entry.key}


def _check(entries: list[Entry], taken: set[str]) -> None:
    for entry in entries:
        if twice := taken & _identities(entry):
            raise ValueError(f"{min(twice)} is listed already")
    if len(taken) + len(entries) > MOST_ADDRESSES:
        raise ValueError(f"there are more than {MOST_ADDRESSES} engines")
