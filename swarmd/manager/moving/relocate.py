"""Running containers moved from a node that answers to another, and back if that fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore
from twisted.logger import Logger

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, NotFound
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.moving.blueprint import Blueprint, blueprint, reasons_to_stay
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.set_aside import aside_name, is_aside, plain_name

_ENDED = frozenset({"created", "exited", "dead", "removing"})
AT_ONCE = 4  # containers of one group that change over at the same time


class Staying(ApiError):
    """A container that is not to be moved, for reasons of its own.

    Attributes:
        holds: Whether those that share its networks have to stay as well; one that has ended does
            not talk to them.
    """

    def __init__(self, message: str, *, holds: bool = True) -> None:
        super().__init__(message)
        self.holds = holds


@dataclass(eq=False)
class Move:
    """The move of one container.

    Attributes:
        grace: Seconds that the old one has to end.
        error: Why it failed, in words; "" as long as it did not.
        to: Key of the engine that it is to move to; "" leaves that to the scheduler.
    """

    old: Container
    plan: Blueprint
    grace: float
    to: str = ""
    new: Container | None = None
    error: str = ""


class Relocation:
    """The moves of containers: of all that belong together, or of none.

    The old ones are renamed, the new ones made under their names; only then do the old ones stop.

    So all that can go wrong early (no place, no image, a refused create) costs no downtime. What is
    old is removed when everything new runs.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, mover: Mover) -> None:
        self._fleet = fleet
        self._mover = mover
        self._under_way: set[str] = set()  # IDs of old containers
        self._left: set[str] = set()  # IDs of those that were put aside, and perhaps still are

    async def plan(self, container_id: str) -> Move:
        """What moving it takes; nothing is changed yet.

        Raises:
            Staying: It must not be moved.
            ApiError: What is amiss.
        """
        old = self._fleet.state.containers.get(container_id)
        if old is None:
            raise NotFound("it is gone")
        if is_aside(old):
            raise Staying("an earlier move of it is not ended yet, for want of a node")
        inspect = await self._mover.inspect(old)
        state = str((inspect.get("State") or {}).get("Status"))
        if state != "running":  # as its engine has it: it may have been started a moment ago
            raise Staying(f"it is not running but {state}", holds=state not in _ENDED)
        reasons = reasons_to_stay(inspect, self._mover.shared_volumes())
        if reasons:
            raise Staying("; ".join(reasons))
        return Move(old, blueprint(inspect, old.name), _grace(inspect))

    async def run(self, moves: Sequence[Move]) -> bool:
        """Whether they were moved. Else all go on where they were, and ``error`` tells of which."""
        ids = {move.old.id for move in moves}
        self._under_way |= ids
        try:
            return await self._replace(moves)
        finally:
            self._under_way -= ids

    async def _replace(self, moves: Sequence[Move]) -> bool:
        aside: list[Move] = []
        if not (await self._make_all(moves, aside) and await self._swap_all(moves)):
            for move in aside:
                await self._undo(move.old.id, move.new)
            return False
        for move in moves:
            await self._try(move, self._remove)
        return True

    async def _make_all(self, moves: Sequence[Move], aside: list[Move]) -> bool:
        """One after the other, as the first takes the networks along; ends at the first failure."""
        for move in moves:
            if not await self._try(move, self._put_aside):
                return False
            aside.append(move)
            if not await self._try(move, self._make):
                return False
        return True

    async def _swap_all(self, moves: Sequence[Move]) -> bool:
        semaphore = DeferredSemaphore(AT_ONCE)
        swaps = [semaphore.run(self._swapped, move) for move in moves]
        outcomes: list[tuple[bool, Any]] = await DeferredList(swaps, consumeErrors=True)
        for done, outcome in outcomes:
            if not done:
                outcome.raiseException()
        return not any(move.error for move in moves)

    def _swapped(self, move: Move) -> Deferred[bool]:
        return Deferred.fromCoroutine(self._try(move, self._swap))

    async def _try(self, move: Move, step: Callable[[Move], Coroutine[Any, Any, None]]) -> bool:
        try:
            await step(move)
        except ApiError as error:
            move.error = error.message
        return not move.error

    async def _put_aside(self, move: Move) -> None:
        self._left.add(move.old.id)
        await self._mover.rename(move.old, aside_name(move.old), keep=True)

    async def _make(self, move: Move) -> None:
        move.new = await self._mover.create(move.plan, move.old, move.to)

    async def _swap(self, move: Move) -> None:
        assert move.new is not None
        await self._mover.stop(move.old, move.grace)
        await self._mover.start(move.new)

    async def _remove(self, move: Move) -> None:
        await self._mover.remove(move.old)

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
