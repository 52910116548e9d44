"""One create among those of other swarmds: what it does when others come first."""

from __future__ import annotations

from twisted.internet.task import deferLater

from swarmd.core.errors import NameTaken, Unavailable
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.claims.committer import OutrunError
from swarmd.manager.claims.name_check import NameCheck
from swarmd.manager.fleet.fleet import Fleet

MOST = 30  # times that others may come first
COURTESY = 0.25  # seconds for news of what others have just removed to come from engines


class Contest:
    """The contest of one create.

    Args:
        claimant: None if there are no other swarmds: nothing is contested.
        name: Of the container.
    """

    def __init__(self, fleet: Fleet, claimant: Claimant | None, name: str) -> None:
        self.claimant = claimant
        self._fleet = fleet
        self._name = name
        self._lost = 0

    async def hear(self) -> None:
        """Before there is no room: what another swarmd has removed is known here by its event."""
        if self.claimant is not None:
            await deferLater(self._fleet.clock, COURTESY)

    async def lost(self, met: OutrunError | NameTaken) -> None:
        """Returns if it is to be tried again; raises what is to be answered."""
        if self.claimant is None:
            raise met
        self._lost += 1
        if isinstance(met, NameTaken):
            if self._lost > MOST or not await NameCheck(self._fleet, self.claimant).frees(met):
                holder = self._fleet.state.reservations.holder(met.name) or met.holder
                raise NameTaken(met.name, holder)
        elif self._lost > MOST:
            raise Unavailable(
                f"other swarmds take at each moment what container {self._name} needs: try again"
            ) from None
