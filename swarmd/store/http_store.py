"""What stores that are asked over HTTP have in common: what is followed there, and one session."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

from swarmd.store.followed_prefix import FollowedPrefix, outage_of
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.interfaces import Outage, Receive, Snapshot
from swarmd.store.reachability import Reachability
from swarmd.store.timed_session import TimedSession

HELD = 0.9  # of a session's time: clocks differ


class HttpStore(ABC):
    """A store that is asked at ``http``.

    Args:
        prefix: Before each key; "" or without a slash at its ends.
    """

    def __init__(self, http: HttpEndpoints, prefix: str) -> None:
        self._http = http
        self._before = f"{prefix}/" if prefix else ""
        self._state = Reachability(time.time)
        self._session: TimedSession | None = None
        self._watches: list[FollowedPrefix] = []
        http.on_move(self._moved)

    @property
    def name(self) -> str:
        return self._http.name

    @property
    def outage(self) -> Outage | None:
        """Of calls, or else of a watch: what others do is heard of too late then."""
        return self._state.outage or outage_of(self._watches)

    def watch(self, since: Snapshot, receive: Receive) -> FollowedPrefix:
        self._watches = [each for each in self._watches if not each.stopped]
        watch = FollowedPrefix(self._http.reactor, since, receive, self._follow)
        self._watches.append(watch)
        return watch

    @abstractmethod
    async def _follow(self, watch: FollowedPrefix) -> None:
        """Once, from ``watch.revision`` on: until the answer ends, or silence was long."""

    async def session(self, ttl: float) -> TimedSession:
        """A new one; the one before is over."""
        made = await self._begin_session(ttl)
        if self._session is not None:
            await self._session.end()
        self._session = made
        return made

    @abstractmethod
    async def _begin_session(self, ttl: float) -> TimedSession:
        """One of the store's own."""

    async def close(self) -> None:
        for watch in self._watches:
            watch.stop()
        if self._session is not None:
            await self._session.end()
        await self._http.close()

    def _moved(self) -> None:
        """A watch at an endpoint that does not answer would wait for news in vain."""
        for watch in self._watches:
            watch.restart()
