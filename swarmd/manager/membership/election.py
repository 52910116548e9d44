"""The leader: the one of several swarmds that does what must be done once.

It is whoever wrote a key that goes with its session. Each of its steps is a commit on the condition
that this key is still the one it wrote: one that was frozen, or cut off, and does not know yet that
another leads by now, is stopped there by the store itself.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.errors import Unavailable
from swarmd.manager.membership.keys import LEADER, STEP
from swarmd.manager.membership.membership import Membership
from swarmd.manager.membership.mirror import Mirror
from swarmd.store.interfaces import (
    Absent,
    Change,
    CommitConflict,
    Condition,
    Delete,
    KeyValue,
    Put,
    Unchanged,
)

RETRY = 0.5  # seconds after a try that came to nothing
_LONGEST = 200  # bytes of what is noted of a step


class Election:
    """The election of the leader, seen by one swarmd.

    Attributes:
        leads: Whether this one is it, as far as it knows.
        leader: ID of whoever is; "" if nobody is known to be, as while this one has not joined.
        on_gain, on_lose: Called when this one begins, and ceases, to lead.
        terms: How often this one has begun to.
    """

    _log = Logger()

    def __init__(self, membership: Membership, clock: IReactorTime) -> None:
        self.leads = False
        self.terms = 0
        self.on_gain: Callable[[], None] = lambda: None
        self.on_lose: Callable[[], None] = lambda: None
        self._membership = membership
        self._clock = clock
        self._mirror = Mirror(membership.store, LEADER, self._heard)
        self._revision = 0
        self._stands = True
        self._trying = False
        self._again: IDelayedCall | None = None
        membership.joining.append(self._mirror.read)
        membership.on_join.append(self.run)
        membership.on_leave.append(self._lost)

    @property
    def leader(self) -> str:
        if not self._membership.joined:
            return ""  # what was read last may have ended with its session
        entry = self._mirror.entries.get(LEADER)
        return entry.value.decode("ascii", "replace").partition(" ")[0] if entry else ""

    def stand(self, willing: bool) -> None:
        """Whether it is a candidate; who is not leaves the lead to others."""
        self._stands = willing
        if willing:
            self.run()
        elif self.leads:
            self._lost()
            self._begin(self._resign())

    def condition(self) -> Condition:
        """That this one still leads.

        Raises:
            Unavailable: It is certain, or possible, that it does not.
        """
        if not self.leads or not self._membership.joined:
            raise Unavailable("another swarmd leads by now, and goes on with this")
        return Unchanged(LEADER, self._revision)

    async def step(self, what: str) -> None:
        """Proves that it still leads, before something is done that must be done once.

        Raises:
            Unavailable: It does not, or cannot be sure: nothing may be done.
        """
        note = Put(STEP, f"{self._membership.id} {what}".encode("ascii", "replace")[:_LONGEST])
        try:
            await self._membership.commit([self.condition()], [note])
        except CommitConflict:
            self._lost()
            self.run()
        self.condition()

    def gate(self) -> str:
        """Why nothing may be done as the leader at this moment, in words; "" if it may."""
        sure = self.leads and self._membership.joined
        return "" if sure else "another swarmd may lead by now"

    # How it is decided

    def run(self) -> None:
        """Tries to become the leader, if there is none."""
        if not (self._stands and self._membership.joined) or self.leads or self._trying:
            return
        entry = self._mirror.entries.get(LEADER)
        if entry is None or entry.value == self._name():
            self._trying = True
            self._begin(self._try())

    def _name(self) -> bytes:
        """Of this one in this session."""
        return f"{self._membership.id} {self._membership.session_id}".encode("ascii", "replace")

    async def _try(self) -> None:
        try:
            put = Put(LEADER, self._name(), bound=True)
            revision = await self._membership.commit([Absent(LEADER)], [put])
        except CommitConflict as conflict:
            entry = dict(conflict.standing).get(LEADER)
            if entry is None or entry.value != self._name():
                return
            revision = entry.revision  # of an earlier try, whose answer was lost
        except Unavailable:
            self._try_again()
            return
        finally:
            self._trying = False
        self._mirror.receive(revision, [Change(LEADER, KeyValue(LEADER, self._name(), revision))])
        if self._stands and self._membership.joined:
            self._won(revision)

    def _try_again(self) -> None:
        if self._again is None or not self._again.active():
            self._again = self._clock.callLater(RETRY, self.run)

    def _won(self, revision: int) -> None:
        self.leads, self._revision = True, revision
        self.terms += 1
        self._log.info("this swarmd leads: it reschedules and drains")
        self.on_gain()

    def _lost(self) -> None:
        if self._again is not None and self._again.active():
            self._again.cancel()
        if self.leads:
            self.leads = False
            self._log.info("this swarmd does not lead any more")
            self.on_lose()

    async def _resign(self) -> None:
        try:
            condition = Unchanged(LEADER, self._revision)
            await self._membership.commit([condition], [Delete(LEADER)])
        except (CommitConflict, Unavailable) as error:
            self._log.debug("the lead was not given up: {error}", error=error)

    def _heard(self, before: Mapping[str, KeyValue], changes: Sequence[Change]) -> None:
        for change in changes:
            if change.key != LEADER:
                continue
            mine = change.entry is not None and change.entry.revision == self._revision
            if self.leads and not mine:
                self._lost()
            if change.entry is None:
                self.run()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(self._broke)

    def _broke(self, failure: Failure) -> None:
        self._log.failure("the election of a leader", failure)
