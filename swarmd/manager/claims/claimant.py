"""The agreement with other swarmds that share the fleet: what is to be done is claimed first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from swarmd.core.errors import Unavailable
from swarmd.manager.claims import keys
from swarmd.manager.claims.claim import Claim, encoded
from swarmd.manager.claims.claim_book import ClaimBook
from swarmd.manager.claims.committer import Committer, Submission
from swarmd.manager.claims.foreign_claims import ForeignClaim, ForeignClaims
from swarmd.manager.claims.held_claim import HeldClaim
from swarmd.manager.claims.interfaces import Member, UseCounter
from swarmd.manager.claims.own_claims import OwnClaims
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import (
    settle_containers,
    settle_details,
    unsettled,
)
from swarmd.store.interfaces import Change, KeyWatch, StoreLost
from swarmd.timers.periodic import Periodic

LIMIT = 5.0  # seconds that a request waits for the store
# Seconds for which what was heard of names may be relied on. Whatever ends stays there longer, so
# that nobody who heard nothing of it takes its name for one that was free all the time.
FRESH = 3.0
LAG = 0.1  # seconds that the watch has to tell of what a conflict has shown
SWEEP = 1.0  # seconds between two looks at what may go


class StoreAway(Unavailable):
    """Status 503: what needs the agreement of all swarmds cannot be had now."""


class ClaimTaken(Exception):
    """Another swarmd is just about to make what is claimed here, by the same name."""

    def __init__(self, other: ForeignClaim) -> None:
        super().__init__(other.claim.name)
        self.other = other


class Claimant(Service):
    """This swarmd's part in the agreement.

    Attributes:
        foreign: What others claim.
        own: What stands of one's own.
        owner: Names this process in the store; no two are alike.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, local: UseCounter, member: Member, owner: str) -> None:
        self.owner = owner
        self._fleet = fleet
        self._member = member
        self._numbers = count(1)
        self.foreign = ForeignClaims(fleet.state, local, owner)
        self.book = ClaimBook(owner, self.foreign.hear)
        self.committer = Committer(
            member, self.book, fleet.clock, self._prepare, self._catch_up, self._lose_track
        )
        self.own = OwnClaims(fleet.state, self.committer, self.book, fleet.clock)
        self.committer.on_commit = self._committed
        self.committer.on_orphan = self._undo
        self._watch: KeyWatch | None = None
        self._known = False  # all was read since a commit was lost last
        self._fresh = 0.0  # what is known is no older than this moment
        self._echoes: list[tuple[int, float]] = []  # revision, and when its commit was begun
        self._catching_up: tuple[int, Deferred[None]] | None = None
        self._sweeping = Periodic(
            fleet.clock, SWEEP, self.own.sweep, failed="what has ended stays claimed"
        )

    # Life

    def startService(self) -> None:
        super().startService()
        self._sweeping.startService()

    def stopService(self) -> None:
        super().stopService()
        self.committer.close()
        self._sweeping.stopService()
        if self._watch is not None:
            self._watch.stop()

    # What is known

    async def join(self) -> None:
        """Reads all anew, whenever this swarmd joins the others; raises StoreLost.

        Claims may have come and gone meanwhile: what engines have told of it is asked for first.
        """
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        await self._read(keys.ROOT)
        changed = unsettled(self._fleet)
        await settle_containers(self._fleet, changed)
        containers = (one for engine in changed for one in engine.containers.values())
        await settle_details(self._fleet, [one for one in containers if not one.sized])

    async def _prepare(self) -> None:
        """What stands is known. Raises StoreLost."""
        if not self._member.joined:
            raise StoreLost(self._member.complaint())
        if not self._known:
            await self._read(keys.ROOT)
        elif self._fleet.clock.seconds() - self._fresh > FRESH:
            await self._read(keys.HEADS)

    async def _read(self, prefix: str) -> None:
        began, store = self._fleet.clock.seconds(), self._member.store
        snapshot = await store.read(prefix)
        self.book.take_in(snapshot)
        self._fresh = max(self._fresh, began)
        if prefix == keys.ROOT:
            self._known = True
            self.own.tidy()
            if self._watch is None:
                self._watch = store.watch(snapshot, self._receive)

    async def _catch_up(self, revision: int) -> None:
        """All up to ``revision`` is known: mostly it is just coming. Raises StoreLost."""
        if self.book.revision >= revision:
            return
        caught_up: Deferred[None] = Deferred()
        self._catching_up = revision, caught_up
        try:
            await caught_up.addTimeout(LAG, self._fleet.clock)
        except TimeoutError:
            self._catching_up = None
            await self._read(keys.ROOT)

    def _lose_track(self) -> None:
        self._known = False

    def _receive(self, revision: int, changes: Sequence[Change]) -> None:
        self.book.receive(revision, changes)
        if self._catching_up is not None and self._catching_up[0] <= revision:
            (_, caught_up), self._catching_up = self._catching_up, None
            caught_up.callback(None)
        heard = [began for echo, began in self._echoes if echo <= revision]
        if heard:
            self._fresh = max(self._fresh, *heard)
            self._echoes = [each for each in self._echoes if each[0] > revision]

    def _committed(self, revision: int, began: float) -> None:
        if self.book.revision >= revision:
            self._fresh = max(self._fresh, began)
        else:
            self._echoes.append((revision, began))

    async def refresh(self) -> None:
        """What others claim is known as of now, or the store cannot tell."""
        try:
            await self._read(keys.HEADS)
        except StoreLost:
            self._lose_track()

    # Claiming

    def next_id(self) -> str:
        return f"{self.owner}/{next(self._numbers)}"

    async def take(self, claim: Claim) -> HeldClaim:
        """Returns when it stands, as it was judged in the moment of this call.

        Raises:
            OutrunError: Others have taken something of it, or beside it: judge again.
            ClaimTaken: Another is about to make the same.
            StoreAway: The store cannot be asked.
        """
        other = self.foreign.blocks(claim.head)
        if other is not None:
            raise ClaimTaken(other)
        value = encoded(claim)
        values = {claim.head: value, **dict.fromkeys(claim.registers, claim.id.encode())}
        await self._stands(self.committer.claim(values))
        return HeldClaim(claim, value, self._member, self._member.session_id)

    async def _stands(self, submission: Submission) -> None:
        assert submission.done is not None
        try:
            await submission.done.addTimeout(LIMIT, self._fleet.clock)
        except TimeoutError:
            self.committer.drop(submission)
            raise self.away() from None
        except BaseException:
            self.committer.drop(submission)
            raise

    def _undo(self, orphan: Submission) -> None:
        """It came to stand after nobody waited any more."""
        for head, value in orphan.values.items():
            if keys.is_head(head):
                self.own.free(head, value)

    def away(self) -> StoreAway:
        """The refusal of what needs the store, with why and since when that does not answer."""
        name = self._member.store.name
        complaint = self._member.complaint() or f"{name} did not agree within {LIMIT:g} s"
        return StoreAway(f"this needs all swarmds to agree: {complaint}; try again")
