"""A new name for a container, agreed on by all swarmds."""

from __future__ import annotations

from swarmd.core.errors import NameTaken
from swarmd.manager.claims.claim import rename_claim
from swarmd.manager.claims.claimant import Claimant, ClaimTaken
from swarmd.manager.claims.committer import OutrunError
from swarmd.manager.claims.contest import Contest
from swarmd.manager.claims.held_claim import HeldClaim
from swarmd.manager.fleet.fleet import Fleet


class Renames:
    """The renames under way."""

    def __init__(self, fleet: Fleet, claimant: Claimant) -> None:
        self._fleet = fleet
        self._claimant = claimant

    async def claimed(self, name: str, container_id: str) -> HeldClaim:
        """Returns once the name is the container's, here and for all others.

        Raises:
            NameTaken: Another has it.
        """
        contest = Contest(self._fleet, self._claimant, name)
        while True:
            try:
                return await self._take(name, container_id)
            except (NameTaken, OutrunError) as met:
                await contest.lost(met)

    async def _take(self, name: str, container_id: str) -> HeldClaim:
        state, claim_id = self._fleet.state, self._claimant.next_id()
        state.reserve_name(name, container_id)
        try:
            held = await self._claimant.take(rename_claim(claim_id, container_id, name))
        except BaseException as error:
            state.release_name(name, container_id, granted=False)
            if isinstance(error, ClaimTaken):
                raise NameTaken(name, error.other.identity or error.other.claim.subject) from None
            raise
        self._claimant.own.hold(held, renaming=True)
        return held

    def end(self, held: HeldClaim, *, granted: bool | None) -> None:
        """``granted`` as of ``State.release_name``, which comes first; if that is in doubt, its end
        is this one's."""
        if granted is not None:
            self._claimant.own.end(held, made=granted)
