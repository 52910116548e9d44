"""Several swarmds over the same engines, which agree through a store in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from swarmd.core.container.create_request import parse_create
from swarmd.core.errors import Unavailable
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.store.interfaces import (
    Change,
    Condition,
    Receive,
    Snapshot,
    StoreLost,
    StoreSession,
    StoreUnsure,
    Write,
)
from swarmd.store.memory import MemoryServer, MemoryStore, MemoryWatch
from tests.manager.scripted import ScriptedFleet

TTL = 10.0


class LateStore(MemoryStore):
    """One whose watch tells what it has heard only when the test says so.

    Attributes:
        late: Whether it does; else at once.
    """

    def __init__(self, server: MemoryServer) -> None:
        super().__init__(server)
        self.late = False
        self._news: deque[Callable[[], None]] = deque()

    def watch(self, since: Snapshot, receive: Receive) -> MemoryWatch:
        def heard(revision: int, changes: Sequence[Change]) -> None:
            self._news.append(lambda: receive(revision, changes))
            if not self.late:
                self.tell()

        return super().watch(since, heard)

    def tell(self, most: int = 1000) -> None:
        while self._news and most:
            most -= 1
            self._news.popleft()()


class Joined:
    """A member whose session stands from the start."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.session: StoreSession | None = None
        self.rejoin()

    def rejoin(self) -> None:
        begun = Deferred.fromCoroutine(self.store.session(TTL))
        begun.addCallback(self._hold)

    def _hold(self, session: StoreSession) -> None:
        self.session = session

    @property
    def joined(self) -> bool:
        return self.session is not None and self.session.held()

    @property
    def session_id(self) -> str:
        return self.session.id if self.session is not None else ""

    def complaint(self) -> str:
        outage = self.store.outage
        return f"{outage.reason} since {outage.since:g}" if outage is not None else ""

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        try:
            return await self.store.commit(conditions, writes)
        except (StoreLost, StoreUnsure) as error:
            raise Unavailable(str(error)) from None


class OneOf:
    """One of several swarmds."""

    def __init__(self, number: int, fleet: ScriptedFleet, server: MemoryServer) -> None:
        self.number = number
        self.fleet = fleet
        self.store = LateStore(server)
        self.member = Joined(self.store)
        self.creator: Creator = fleet.creator(owner=number)
        self.claimant = Claimant(fleet, fleet.local, self.member, f"swarmd-{number}")
        self.creator.agree(self.claimant)
        self.outcomes: list[Any] = []
        Deferred.fromCoroutine(self.claimant.join())

    def create(self, name: str, **host: Any) -> None:
        """Begins one; its outcome is the next of ``outcomes``."""
        body = {"Image": "busybox", "HostConfig": host}
        order = CreateOrder(name, body, parse_create(body), "client", (1, 41))
        Deferred.fromCoroutine(self.creator.create(order)).addBoth(self.outcomes.append)

    @property
    def last(self) -> Any:
        """The status of the latest answer, or the error."""
        outcome = self.outcomes[-1]
        return getattr(outcome, "status", None) or outcome.value

    def rejoin(self) -> None:
        """A session of its own again."""
        self.member.rejoin()
        Deferred.fromCoroutine(self.claimant.join())


STANDING: list[Swarmds] = []


class Swarmds:
    """So many swarmds over so many engines."""

    def __init__(self, swarmds: int = 2, engines: int = 2) -> None:
        first = ScriptedFleet(engines)
        fleets = [first, *(ScriptedFleet(engines, beside=first) for _ in range(swarmds - 1))]
        self.clock = first.clock
        self.server = MemoryServer(self.clock)
        self.all = [OneOf(number, fleet, self.server) for number, fleet in enumerate(fleets)]
        self.there = first.there
        STANDING.append(self)

    def obey(self) -> None:
        """All that was asked of engines is done."""
        while any(one.fleet.calls for one in self.all):
            for one in self.all:
                one.fleet.obey()

    def end(self) -> None:
        """All that was asked of engines is refused, so that nothing is under way."""
        for _ in range(30):
            for one in self.all:
                while one.fleet.calls:
                    one.fleet.calls.pop().answer(400)
            self.clock.advance(0.3)

    def listing(self) -> None:
        """All hear what engines have."""
        for one in self.all:
            for number in self.there:
                one.fleet.listing(number)

    def names(self) -> list[str]:
        """Of all containers that are there."""
        return [name for number in self.there for name in self.all[0].fleet.names(number)]

    def pass_time(self, seconds: float, step: float = 0.1) -> None:
        """Engines obey meanwhile."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            for one in self.all:
                one.claimant.own.sweep()
            self.obey()
