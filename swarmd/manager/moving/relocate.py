"""One running container moved from a node that answers to another, and back if that fails."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from twisted.logger import Logger

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, NotFound
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.moving.blueprint import Blueprint, blueprint, reasons_to_stay
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.set_aside import aside_name, is_aside, plain_name


class Staying(ApiError):
    """A container that is not to be moved, for reasons of its own."""


class Relocation:
    """The move of one container.

    The old one is renamed, the new one made under its name; only then does the old one stop.

    So all that can go wrong early (no place, no image, a refused create) costs no downtime.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, mover: Mover) -> None:
        self._fleet = fleet
        self._mover = mover
        self._under_way: set[str] = set()  # IDs of old containers
        self._left: set[str] = set()  # IDs of those that were put aside, and perhaps still are

    async def move(self, container_id: str) -> Container:
        """The new container.

        Raises:
            Staying: It must not be moved.
            ApiError: It could not be moved, and goes on where it was; or what is amiss.
        """
        old = self._fleet.state.containers.get(container_id)
        if old is None:
            raise NotFound("it is gone")
        if is_aside(old):
            raise Staying("an earlier move of it is not ended yet, for want of a node")
        inspect = await self._mover.inspect(old)
        state = str((inspect.get("State") or {}).get("Status"))
        if state != "running":  # as its engine has it: it may have been started a moment ago
            raise Staying(f"it is not running but {state}")
        reasons = reasons_to_stay(inspect, self._mover.shared_volumes())
        if reasons:
            raise Staying("; ".join(reasons))
        self._under_way.add(old.id)
        try:
            return await self._replace(old, blueprint(inspect, old.name), _grace(inspect))
        finally:
            self._under_way.discard(old.id)

    async def _replace(self, old: Container, plan: Blueprint, grace: float) -> Container:
        self._left.add(old.id)
        await self._mover.rename(old, aside_name(old), keep=True)
        new: Container | None = None
        try:
            new = await self._mover.create(plan, old)
            await self._mover.stop(old, grace)
            await self._mover.start(new)
        except ApiError:
            await self._undo(old.id, new)
            raise
        await self._mover.remove(old)
        return new

    async def _undo(self, old_id: str, new: Container | None) -> None:
        """First the new one goes, so that at no time both run."""
        try:
            if new is not None:
                await self._mover.remove(new)
            await self._put_back(old_id)
        except ApiError as error:
            self._log.warn("container {id} is not back yet: {error}", id=old_id, error=error)

    async def _put_back(self, old_id: str) -> None:
        old = self._fleet.state.containers.get(old_id)
        if old is None:
            raise NotFound("it is gone")
        await self._mover.start(old)
        await self._mover.rename(old, plain_name(old))

    # After a restart of swarmd

    def mended(self, engine: Engine) -> bool:
        """Whether nothing is left half done there."""
        asides = (one for one in engine.containers.values() if is_aside(one))
        return all(one.id in self._under_way for one in asides)

    def met(self, engine: Engine, ids: Collection[str] | None = None) -> bool:
        """Looks for what was left aside there, of these or of all; whether there is any."""
        there = engine.containers
        seen = there.values() if ids is None else [there[each] for each in ids if each in there]
        left = {one.id for one in seen if is_aside(one)} - self._under_way
        self._left |= left
        return bool(left)

    async def mend(self) -> None:
        """Ends moves that an earlier run of swarmd, or a lost node, left half done."""
        for container_id in sorted(self._left - self._under_way):
            old = self._fleet.state.containers.get(container_id)
            if old is None or not is_aside(old):
                self._left.discard(container_id)
            elif self._fleet.engine(old).healthy:
                await self._mend(old)

    async def _mend(self, old: Container) -> None:
        """A new container that runs has won; else the old one, which may be stopped already.

        Nothing is done as long as a node that may have the new one does not answer, nor where
        something only says that it is the new one.
        """
        new = self._mover.replacement(old.id)
        if new is None and self._mover.claimants(old.id):
            return
        if new is not None and new.running and new.name == plain_name(old):
            await self._mover.remove(old)
        elif all(each.healthy for each in self._fleet.state.engines.values()):
            await self._undo(old.id, new)


def _grace(inspect: dict[str, Any]) -> float:
    """Seconds that the container has to end; Docker's default where it does not say."""
    wanted = (inspect.get("Config") or {}).get("StopTimeout")
    return float(wanted) if wanted is not None else 10.0
