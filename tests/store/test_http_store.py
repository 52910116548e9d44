"""What stores over HTTP have in common."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock

from swarmd.store.followed_prefix import FollowedPrefix
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.http_store import HELD, HttpStore
from swarmd.store.interfaces import Snapshot
from swarmd.store.timed_session import TimedSession

NOTHING = Snapshot("x/", 5, ())


class Store(HttpStore):
    """It follows without an end, and its sessions are never lost.

    Attributes:
        followed: Whom it was asked to follow.
        revoked: The sessions that it was told to end.
    """

    def __init__(self, http: HttpEndpoints) -> None:
        super().__init__(http, "here")
        self.followed: list[FollowedPrefix] = []
        self.revoked: list[str] = []

    async def _follow(self, watch: FollowedPrefix) -> None:
        self.followed.append(watch)
        await Deferred[None]()

    async def _begin_session(self, ttl: float) -> TimedSession:
        name = str(len(self.followed) + len(self.revoked))

        async def renew() -> bool:
            return True

        async def revoke() -> None:
            self.revoked.append(name)

        clock: Any = self._http.reactor
        return TimedSession(clock, name, clock.seconds(), ttl * HELD, renew, revoke, clock.seconds)


@pytest.fixture
def http() -> HttpEndpoints:
    return HttpEndpoints(Clock(), "store", ["one:1", "two:1"], None)


def ended(awaitable: Any) -> Any:
    results: list[Any] = []
    ensureDeferred(awaitable).addCallback(results.append)
    return results[0]


def test_a_watch_follows_at_the_endpoint_that_is_asked_now(http: HttpEndpoints) -> None:
    store = Store(http)
    watch = store.watch(NOTHING, lambda revision, changes: None)
    assert store.followed == [watch]
    http.leave("two:1")
    assert store.followed == [watch]
    http.leave("one:1")
    assert store.followed == [watch, watch]
    watch.stop()


def test_watches_that_have_ended_are_forgotten(http: HttpEndpoints) -> None:
    store = Store(http)
    for _ in range(3):
        store.watch(NOTHING, lambda revision, changes: None).stop()
    store.watch(NOTHING, lambda revision, changes: None)
    http.leave("one:1")
    assert len(store.followed) == 5
    ended(store.close())


def test_a_new_session_ends_the_one_before_and_closing_ends_all(http: HttpEndpoints) -> None:
    store = Store(http)
    first = ended(store.session(10.0))
    assert first.held() and store.revoked == []
    second = ended(store.session(10.0))
    assert not first.held() and second.held() and store.revoked == ["0"]
    watch = store.watch(NOTHING, lambda revision, changes: None)
    ended(store.close())
    assert not second.held() and watch.stopped and store.outage is None
    assert store.name == "store" and len(store.revoked) == 2
