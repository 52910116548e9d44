"""A store in this process's memory: the interface's meaning in its plainest form.

A ``MemoryServer`` is what several processes share, a ``MemoryStore`` is one process's way to it.
Who tests with it can cut a store off from the server, and have the answer of a commit lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from swarmd.store.commit_rules import check_commit
from swarmd.store.difference import difference
from swarmd.store.interfaces import (
    Absent,
    Change,
    CommitConflict,
    Condition,
    KeyValue,
    Outage,
    Put,
    Receive,
    Snapshot,
    StoreLost,
    StoreUnsure,
    Write,
)

_HELD = 0.9  # of a session's time to live


class MemoryServer:
    """Keys and values that several stores share."""

    def __init__(self, clock: IReactorTime) -> None:
        self.clock = clock
        self.revision = 0
        self.entries: dict[str, KeyValue] = {}
        self.owners: dict[str, MemorySession] = {}
        self.watches: list[MemoryWatch] = []
        self.sessions = 0
        self._news: deque[tuple[int, dict[str, Change]]] = deque()
        self._spreading = False

    def snapshot(self, prefix: str) -> Snapshot:
        found = [self.entries[key] for key in sorted(self.entries) if key.startswith(prefix)]
        return Snapshot(prefix, self.revision, tuple(found))

    def holds(self, condition: Condition) -> bool:
        entry = self.entries.get(condition.key)
        if isinstance(condition, Absent):
            return entry is None
        return entry is not None and entry.revision == condition.revision

    def write(self, writes: Sequence[Write], session: MemorySession | None) -> int:
        self.revision += 1
        changes: dict[str, Change] = {}
        for each in writes:
            self.owners.pop(each.key, None)
            if isinstance(each, Put):
                entry = KeyValue(each.key, each.value, self.revision)
                self.entries[each.key] = entry
                changes[each.key] = Change(each.key, entry)
                if each.bound and session is not None:
                    self.owners[each.key] = session
            elif self.entries.pop(each.key, None) is not None:
                changes[each.key] = Change(each.key, None)
        self._spread(self.revision, changes)
        return self.revision

    def drop(self, session: MemorySession) -> None:
        """Its keys go."""
        keys = [key for key, owner in self.owners.items() if owner is session]
        changes = {key: Change(key, None) for key in keys}
        for key in keys:
            del self.entries[key], self.owners[key]
        if changes:
            self.revision += 1
            self._spread(self.revision, changes)

    def _spread(self, revision: int, changes: dict[str, Change]) -> None:
        """In order, also if a receiver commits something."""
        self._news.append((revision, changes))
        if self._spreading:
            return
        self._spreading = True
        try:
            while self._news:
                news = self._news.popleft()
                for watch in list(self.watches):
                    watch.news(*news)
        finally:
            self._spreading = False


class MemoryWatch:
    """What follows a prefix of a ``MemoryServer``."""

    _log = Logger()

    def __init__(self, store: MemoryStore, since: Snapshot, receive: Receive) -> None:
        self._store = store
        self._receive = receive
        self._prefix = since.prefix
        self._revision = since.revision
        self._known = {entry.key: entry.revision for entry in since.entries}
        store.server.watches.append(self)
        store.watches.append(self)

    def news(self, revision: int, changes: dict[str, Change]) -> None:
        if self._store.reason or revision <= self._revision:
            return
        below = [each for key, each in changes.items() if key.startswith(self._prefix)]
        if below:
            self._give(revision, below)

    def catch_up(self) -> None:
        now = self._store.server.snapshot(self._prefix)
        changes = difference(self._known, now.entries)
        if changes:
            self._give(now.revision, changes)

    def stop(self) -> None:
        for watches in (self._store.server.watches, self._store.watches):
            if self in watches:
                watches.remove(self)

    def _give(self, revision: int, changes: Sequence[Change]) -> None:
        self._revision = revision
        for change in changes:
            self._known.pop(change.key, None)
            if change.entry is not None:
                self._known[change.key] = change.entry.revision
        try:
            self._receive(revision, changes)
        except Exception:  # noqa: BLE001 - who receives must not end a commit
            self._log.failure("a change of {prefix} could not be taken in", prefix=self._prefix)


class MemorySession:
    """A session of a ``MemoryStore``: alive while that can reach its server."""

    def __init__(self, store: MemoryStore, number: int, ttl: float) -> None:
        self.id = str(number)
        self.ended = False
        self._store = store
        self._ttl = ttl
        self._calls: list[Callable[[], None]] = []
        self._timers: list[IDelayedCall] = []

    def held(self) -> bool:
        return not self.ended

    def on_end(self, call: Callable[[], None]) -> None:
        if self.ended:
            call()
        else:
            self._calls.append(call)

    async def end(self) -> None:
        self._end()
        if not self._store.reason:
            self._expire()

    def cut(self) -> None:
        """No sign of life reaches the server from now on."""
        clock = self._store.server.clock
        self._timers = [
            clock.callLater(self._ttl * _HELD, self._end),
            clock.callLater(self._ttl, self._expire),
        ]

    def heal(self) -> None:
        if self.ended:
            self._expire()
        self._stop_timers()

    def _expire(self) -> None:
        self._stop_timers()
        self._store.server.drop(self)

    def _stop_timers(self) -> None:
        for timer in self._timers:
            if timer.active():
                timer.cancel()
        self._timers = []

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        calls, self._calls = self._calls, []
        for call in calls:
            call()


class MemoryStore:
    """One process's way to a ``MemoryServer``.

    Attributes:
        reason: Why it is cut off; "" while it is not.
        lose_answers: Of how many commits to come the answer is lost, although they are done.
    """

    name = "memory://"

    def __init__(self, server: MemoryServer) -> None:
        self.server = server
        self.reason = ""
        self.lose_answers = 0
        self.outage: Outage | None = None
        self._session: MemorySession | None = None
        self.watches: list[MemoryWatch] = []

    def cut(self, reason: str = "memory:// does not answer") -> None:
        """Nothing reaches the server, and no news comes, until ``heal``."""
        self.reason = reason
        self.outage = Outage(self.server.clock.seconds(), reason)
        if self._session is not None:
            self._session.cut()

    def heal(self) -> None:
        self.reason, self.outage = "", None
        if self._session is not None:
            self._session.heal()
        for watch in list(self.watches):
            watch.catch_up()

    async def read(self, prefix: str) -> Snapshot:
        self._check_reach()
        return self.server.snapshot(prefix)

    def watch(self, since: Snapshot, receive: Receive) -> MemoryWatch:
        watch = MemoryWatch(self, since, receive)
        if not self.reason:
            watch.catch_up()
        return watch

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        check_commit(conditions, writes)
        self._check_reach()
        session = self._session if self._session and self._session.held() else None
        if session is None and any(isinstance(each, Put) and each.bound for each in writes):
            raise StoreLost(f"{self.name}: there is no session")
        if not all(self.server.holds(condition) for condition in conditions):
            keys = [condition.key for condition in conditions]
            raise CommitConflict(tuple((key, self.server.entries.get(key)) for key in keys))
        revision = self.server.write(writes, session)
        if self.lose_answers:
            self.lose_answers -= 1
            raise StoreUnsure(f"{self.name}: the answer was lost")
        return revision

    async def session(self, ttl: float) -> MemorySession:
        self._check_reach()
        if self._session is not None:
            await self._session.end()
        self.server.sessions += 1
        self._session = MemorySession(self, self.server.sessions, ttl)
        return self._session

    async def close(self) -> None:
        for watch in list(self.watches):
            watch.stop()
        if self._session is not None:
            await self._session.end()

    def _check_reach(self) -> None:
        if self.reason:
            raise StoreLost(self.reason)
