"""The making of a network or a volume, and the move of a network, agreed on by all swarmds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from twisted.internet.task import deferLater

from swarmd.core.errors import Conflict, EngineUnreachable, Unavailable
from swarmd.core.model import Engine
from swarmd.manager.claims.claim import Claim, making_claim, move_claim
from swarmd.manager.claims.claimant import Claimant, ClaimTaken
from swarmd.manager.claims.committer import OutrunError
from swarmd.manager.claims.foreign_claims import ForeignClaim
from swarmd.manager.claims.held_claim import HeldClaim
from swarmd.manager.fleet.fleet import Fleet

MOST = 20  # times that others may come first
LOOKS, PAUSE = 25, 0.2  # how often it is looked whether another is ready, seconds between


class Making:
    """Claims of what is made or moved, which lists of engines tell of.

    When it is there, its claim is over at once: who hears of that asks its engine for its list.
    """

    def __init__(self, fleet: Fleet, claimant: Claimant) -> None:
        self._fleet = fleet
        self._claimant = claimant

    async def claimed(
        self, kind: str, name: str, uses: Sequence[str], choose: Callable[[], Awaitable[Engine]]
    ) -> tuple[Engine, HeldClaim]:
        """The engine to make it on, and the claim; ``choose`` says where, or that it is there.

        Raises:
            ApiError: Whatever ``choose`` says of it; or another is at it, and does not end.
        """
        for _ in range(MOST):
            engine = await choose()
            claim_id = self._claimant.next_id()
            held = await self._take(making_claim(claim_id, kind, name, engine, uses))
            if held is not None:
                return engine, held
        raise Unavailable(f"other swarmds make or move at each moment what {name} is: try again")

    async def claimed_move(self, identity: str, engine: Engine) -> HeldClaim | None:
        """None if others have changed something meanwhile: it must be looked at again."""
        return await self._take(move_claim(self._claimant.next_id(), identity, engine))

    async def _take(self, claim: Claim) -> HeldClaim | None:
        try:
            held = await self._claimant.take(claim)
        except OutrunError:
            return None
        except ClaimTaken as met:
            await self._end_of(met.other)
            return None
        self._claimant.own.hold(held)
        return held

    async def _end_of(self, other: ForeignClaim) -> None:
        claim, standing = other.claim, self._claimant.foreign.standing
        for _ in range(LOOKS):
            await self._claimant.refresh()
            if standing.get(claim.head) is not other:
                return
            await deferLater(self._fleet.clock, PAUSE)
        what = claim.name or claim.uses[0]
        raise Conflict(f"another swarmd is still making or moving {claim.kind} {what}")

    @asynccontextmanager
    async def ending(self, held: HeldClaim) -> AsyncIterator[None]:
        """Ends the claim with what is done in it; where nobody knows, others wait for a while."""
        unknown = False
        try:
            if cause := held.gate():
                raise Unavailable(cause)
            yield
        except EngineUnreachable as error:
            unknown = error.sent
            raise
        finally:
            self._claimant.own.end(held, made=unknown)
