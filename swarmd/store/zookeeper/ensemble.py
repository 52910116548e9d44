"""ZooKeeper: keys are nodes, by kazoo.

It compares versions of nodes, which begin anew with each node, and cannot compare its own count of
transactions. So commits are one after another: see ``commit_log``. A folder has no data, a key
has some.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any, TypeVar

from kazoo.exceptions import KazooException, NoNodeError
from twisted.internet.defer import Deferred, DeferredLock, TimeoutError
from twisted.internet.task import deferLater

from swarmd.store.commit_rules import check_commit
from swarmd.store.followed_prefix import FollowedPrefix
from swarmd.store.interfaces import (
    CommitConflict,
    Condition,
    Outage,
    Put,
    Receive,
    Snapshot,
    StoreLost,
    StoreUnsure,
    Write,
)
from swarmd.store.login import Login
from swarmd.store.reachability import Reachability
from swarmd.store.timed_session import TimedSession, boottime
from swarmd.store.zookeeper.client import ANSWER, OPEN, ZooKeeperClient, words
from swarmd.store.zookeeper.commit_log import after_commit, written_since
from swarmd.store.zookeeper.tree import LOG, SESSIONS, ZooKeeperTree, entry_of, holds
from swarmd.tls.trust import TlsFiles

T = TypeVar("T")

_TTL = 10.0  # seconds, before a session was asked for
# Of a session's time. Servers tell their leader of signs of life with a delay of half a tick.
_HELD = 0.65
_TRIES = 100  # of a commit that others are faster than


class ZooKeeperStore:
    """A ZooKeeper ensemble.

    Args:
        prefix: Before each key; "" or without a slash at its ends.
    """

    def __init__(
        self,
        reactor: Any,
        name: str,
        places: Sequence[str],
        prefix: str,
        tls: TlsFiles | None = None,
        login: Login | None = None,
    ) -> None:
        self._name = name
        self._reactor = reactor
        self._more = (places, tls, login)
        self._tree = ZooKeeperTree(prefix)
        self._state = Reachability(time.time)
        self._session: TimedSession | None = None
        self._client: ZooKeeperClient | None = None
        self._one = DeferredLock()
        self._watches: list[FollowedPrefix] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def outage(self) -> Outage | None:
        return self._state.outage

    async def read(self, prefix: str) -> Snapshot:
        return await self._asked(self._read(prefix))

    def watch(self, since: Snapshot, receive: Receive) -> FollowedPrefix:
        self._watches = [each for each in self._watches if not each.stopped]
        watch = FollowedPrefix(self._reactor, since, receive, self._follow)
        self._watches.append(watch)
        return watch

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        check_commit(conditions, writes)
        bound = any(isinstance(each, Put) and each.bound for each in writes)
        try:
            await self._one.acquire().addTimeout(ANSWER, self._reactor)
        except TimeoutError:
            raise StoreLost(f"{self.name}: other commits wait for its answer already") from None
        try:
            return await self._in_turn(conditions, writes, bound)
        finally:
            self._one.release()

    async def _in_turn(
        self, conditions: Sequence[Condition], writes: Sequence[Write], bound: bool
    ) -> int:
        for turn in range(_TRIES):
            if bound and not (self._session and self._session.held()):
                raise StoreLost(f"{self.name}: there is no session")
            revision = await self._try(conditions, writes, again=turn > 0)
            if revision is not None:
                return revision
            await deferLater(self._reactor, random.random() * 0.005)
        raise StoreLost(f"{self.name}: others write all the time")

    async def session(self, ttl: float) -> TimedSession:
        if self._session is not None:
            await self._session.end()
        await self._leave(self._client)
        began = boottime()
        client = self._client = self._made(ttl)
        await self._asked(self._begin(client))
        hold = client.timeout * _HELD

        async def renew() -> bool:
            if self._client is client:
                await self._asked(self._ping(client))
            return self._client is client

        leaving: list[Deferred[None]] = []

        async def revoke() -> None:
            await leaving[0]

        self._session = TimedSession(self._reactor, client.id, began, hold, renew, revoke)
        # Kazoo would keep it alive: what is not held here has to end there, too.
        self._session.on_end(lambda: leaving.append(Deferred.fromCoroutine(self._leave(client))))
        for watch in self._watches:
            watch.restart()
        return self._session

    async def close(self) -> None:
        for watch in self._watches:
            watch.stop()
        if self._session is not None:
            await self._session.end()
        await self._leave(self._client)

    def _made(self, ttl: float) -> ZooKeeperClient:
        return ZooKeeperClient(self._reactor, self.name, *self._more, ttl, self._expired)

    def _expired(self) -> None:
        if self._session is not None:
            self._session.lose()

    async def _leave(self, client: ZooKeeperClient | None) -> None:
        if client is not None:
            if self._client is client:
                self._client = None
            await client.close()

    async def _ready(self) -> ZooKeeperClient:
        if self._client is None:
            self._client = self._made(_TTL)
        client = self._client
        await client.ready()
        await self._tree.prepare(client)
        return client

    async def _begin(self, client: ZooKeeperClient) -> None:
        await client.ready()
        await self._tree.prepare(client)
        await client.call("create", f"{self._tree.path(SESSIONS)}/{client.id}", ephemeral=True)

    async def _ping(self, client: ZooKeeperClient) -> None:
        await client.ready()
        await client.call("exists", self._tree.path(LOG))

    async def _read(self, prefix: str) -> Snapshot:
        client = await self._ready()
        await client.call("sync", self._tree.path(LOG))
        revision, _, entries = await self._tree.snapshot(client, prefix)
        return Snapshot(prefix, revision, tuple(entries))

    async def _try(
        self, conditions: Sequence[Condition], writes: Sequence[Write], again: bool
    ) -> int | None:
        """The revision; None if somebody else wrote something meanwhile."""
        client = await self._asked(self._ready())
        if again:
            await self._asked(_of(client.call("sync", self._tree.path(LOG))))
        keys = sorted({each.key for each in (*conditions, *writes)})
        log, found = await self._asked(self._tree.look(client, keys))
        if not all(holds(each, found[each.key]) for each in conditions):
            raise CommitConflict(tuple((c.key, entry_of(c.key, found[c.key])) for c in conditions))
        await self._asked(self._tree.make_folders(client, writes))
        transaction = client.transaction()
        data, stat = log
        new = after_commit(data, [each.key for each in writes])
        transaction.set_data(self._tree.path(LOG), new, stat.version)
        self._tree.fill(transaction, client.id_number, conditions, writes, found)
        results = await self._asked(_of(client.commit(transaction)), repeatable=False)
        if any(isinstance(each, NoNodeError) for each in results):
            self._tree.forget()
        return None if isinstance(results[0], Exception) else int(results[0].mzxid)

    async def _follow(self, watch: FollowedPrefix) -> None:
        """Until the connection is another one; at first, all that stands there is read."""
        client: ZooKeeperClient = await self._asked(self._ready())
        seen, sessions = -1, tuple[str, ...]()
        while self._client is client and not watch.stopped:
            changed: Deferred[None] = Deferred()
            fire = client.watcher(partial(_fire, changed))
            data, stat, present = await self._asked(self._tree.marks(client, fire))
            keys = written_since(data, stat.version, seen) if present == sessions else None
            if keys is None:
                seen = await self._take_all(client, watch, seen)
            else:
                below = {key for key in keys if key.startswith(watch.prefix)}
                changes = await self._asked(self._tree.changes(client, below, stat.version))
                if changes is None:
                    continue  # somebody wrote meanwhile: they are no picture of one moment
                seen = stat.version
                watch.news(stat.mzxid, changes)
            sessions = present
            await changed

    async def _take_all(self, client: ZooKeeperClient, watch: FollowedPrefix, seen: int) -> int:
        """Gives all that stands there, and the number of the commit after which that was."""
        revision, version, entries = await self._asked(self._tree.snapshot(client, watch.prefix))
        if version < seen or revision < watch.revision:
            watch.forget_revisions()
        watch.take(revision, entries)
        return int(version)

    async def _asked(self, work: Awaitable[T], *, repeatable: bool = True) -> T:
        """What it gives; kazoo's errors in the words of stores."""
        try:
            result = await work
        except (KazooException, TimeoutError) as error:
            if isinstance(error, NoNodeError):
                self._tree.forget()
            text = f"{self.name}: {words(error)}"
            self._state.failed(text)
            is_open = isinstance(error, (*OPEN, TimeoutError)) and not repeatable
            raise (StoreUnsure(text) if is_open else StoreLost(text)) from None
        except StoreLost as error:
            self._state.failed(str(error))
            raise
        self._state.answered()
        return result


def _fire(changed: Deferred[None]) -> None:
    if not changed.called:
        changed.callback(None)


async def _of(answer: Deferred[Any]) -> Any:
    return await answer
