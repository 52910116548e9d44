"""Whether a name that is taken here is so still: another swarmd may have freed it a moment ago."""

from __future__ import annotations

from twisted.internet.task import deferLater

from swarmd.cluster.actions import ContainerInspected
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, NameTaken
from swarmd.core.model import Engine
from swarmd.manager.claims import keys
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.fleet.answers import read_answer
from swarmd.manager.fleet.fleet import Fleet

LOOKS, PAUSE = 10, 0.2  # how often it is looked while another is at it, and seconds between
LIMIT = 5.0  # seconds for an engine's answer


class NameCheck:
    """A look at who has a name: at the store, and at the engine."""

    def __init__(self, fleet: Fleet, claimant: Claimant) -> None:
        self._fleet = fleet
        self._claimant = claimant

    async def frees(self, taken: NameTaken) -> bool:
        """Whether it is free after all, or is so a moment later."""
        head, foreign = keys.name_key(taken.name), self._claimant.foreign
        for _ in range(LOOKS):
            await self._claimant.refresh()
            holder = self._holder(taken.name)
            if holder is not None and not holder.pending:
                return await self._has_gone(holder, taken.name)
            other = foreign.blocks(head)
            if other is None:
                return not self._fleet.state.name_taken(taken.name)
            if other.engine and await inspected(self._fleet, other.engine, taken.name):
                return not self._fleet.state.name_taken(taken.name)
            await deferLater(self._fleet.clock, PAUSE)
        return False

    def _holder(self, name: str) -> Container | None:
        state = self._fleet.state
        return state.containers.get(state.reservations.holder(name))

    async def _has_gone(self, holder: Container, name: str) -> bool:
        engine = self._fleet.state.engines[holder.engine]
        await inspected(self._fleet, engine, holder.id)
        return not self._fleet.state.name_taken(name)


async def inspected(fleet: Fleet, engine: Engine, ref: str) -> bool:
    """Takes in what the engine says of a container by that ID or name; whether it has one."""
    at = fleet.clock.seconds()
    try:
        shown = await fleet.call(engine, "GET", "containers", ref, "json", timeout=LIMIT)
        if shown.status == 404:
            fleet.forget(ref)
        if shown.status != 200:
            return False
        inspect = read_answer(engine.name, shown.body, dict)
    except ApiError:
        return False
    fleet.dispatch(ContainerInspected(engine.key, inspect, at))
    return True
