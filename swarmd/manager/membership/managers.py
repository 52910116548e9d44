"""The swarmds that serve the fleet, as each of them says of itself: ``swarmd managers``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.errors import Unavailable
from swarmd.core.printable import printable
from swarmd.manager.membership.election import Election
from swarmd.manager.membership.keys import MANAGERS
from swarmd.manager.membership.membership import Membership
from swarmd.manager.membership.mirror import Mirror
from swarmd.store.interfaces import Change, CommitConflict, KeyValue, Put
from swarmd.timers.periodic import Periodic

INTERVAL = 10.0  # seconds between two words of a swarmd about itself
LARGEST = 4096  # bytes of one
MOST = 1000  # swarmds that are shown


@dataclass(frozen=True, slots=True)
class ManagerRecord:
    """What one swarmd says of itself.

    Attributes:
        id: Of the process.
        host: Name of its machine.
        address: Where clients find it: ``--advertise``, or where it listens.
        version: Of swarmd.
        since: When it began to serve, as seconds since 1970.
        claims: What it has under way at that moment.
        delay: Seconds that a change took to come back to it from the store; None: not measured.
    """

    id: str
    host: str
    address: str
    version: str
    since: float
    claims: int = 0
    delay: float | None = None


def read_record(value: bytes) -> ManagerRecord | None:
    """None for what no swarmd has written; in words, what acts on a terminal is escaped."""
    try:
        found = orjson.loads(value) if len(value) <= LARGEST else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict):
        return None
    try:
        record = ManagerRecord(**found)
    except TypeError:
        return None
    numbers = (record.since, record.claims, record.delay or 0.0)
    texts = (record.id, record.host, record.address, record.version)
    if not all(isinstance(one, str) for one in texts):
        return None
    if not all(isinstance(one, int | float) for one in numbers):
        return None
    key, host, address, version = map(printable, texts)
    return replace(record, id=key, host=host, address=address, version=version)


class Managers:
    """All swarmds that have joined; this one keeps its own record fresh.

    Args:
        record: Of this one.

    Attributes:
        claims: Says how many claims this one has under way.
    """

    _log = Logger()

    def __init__(
        self, membership: Membership, election: Election, clock: IReactorTime, record: ManagerRecord
    ) -> None:
        self.claims: Callable[[], int] = lambda: 0
        self._membership = membership
        self._election = election
        self._clock = clock
        self._own = record
        self._sent: float | None = None
        self._mirror = Mirror(membership.store, MANAGERS, self._heard)
        membership.joining += [self._mirror.read, self._write]
        failed = "what this swarmd says of itself was not written"
        self.periodic = Periodic(clock, INTERVAL, self._beat, failed=failed)

    @property
    def own(self) -> ManagerRecord:
        return self._own

    def records(self) -> list[ManagerRecord]:
        """By the names of their machines; this one is there even where the store is lost."""
        entries = list(self._mirror.entries.values())[:MOST]
        read = (read_record(entry.value) for entry in entries)
        found = {one.id: one for one in read if one is not None}
        found[self._own.id] = self._own
        return sorted(found.values(), key=lambda one: (one.host, one.address, one.id))

    def leader(self) -> ManagerRecord | None:
        leader = self._election.leader
        return next((one for one in self.records() if one.id == leader), None)

    def view(self) -> list[dict[str, Any]]:
        """The body of ``GET /swarmd/managers``; this one says what keeps it from agreeing."""
        leader = self._election.leader
        own, problem = self._own.id, self._membership.complaint()
        return [
            {
                "ID": one.id,
                "Host": one.host,
                "Address": one.address,
                "Version": one.version,
                "Since": one.since,
                "Leader": one.id == leader,
                "Self": one.id == own,
                "Claims": one.claims,
                "WatchDelay": one.delay,
                "Problem": problem if one.id == own else "",
            }
            for one in self.records()
        ]

    def _beat(self) -> None:
        if self._membership.joined:
            work = Deferred.fromCoroutine(self._write())
            work.addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if not failure.check(Unavailable, CommitConflict):
            self._log.failure("the record of this swarmd", failure)

    async def _write(self) -> None:
        self._own = replace(self._own, claims=self.claims())
        self._sent = self._clock.seconds()
        put = Put(MANAGERS + self._own.id, orjson.dumps(asdict(self._own)), bound=True)
        await self._membership.commit([], [put])

    def _heard(self, before: Mapping[str, KeyValue], changes: Sequence[Change]) -> None:
        own = MANAGERS + self._own.id
        if self._sent is not None and any(change.key == own and change.entry for change in changes):
            delay = round(self._clock.seconds() - self._sent, 4)
            self._own, self._sent = replace(self._own, delay=delay), None
