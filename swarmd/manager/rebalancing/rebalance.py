"""The rebalance: plans that operators ask for, and the carrying out of one of them.

A plan is carried out as it was shown, group after group, by the machinery of a drain. It belongs to
who asked: when that one leaves, the group under way is moved to its end, and no other begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, BadParameter, Conflict, NotFound, Unavailable
from swarmd.core.model import Engine
from swarmd.core.printable import in_one_line
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.shield import end_of
from swarmd.manager.moving.drain import Line, Listener
from swarmd.manager.moving.relocate import Move, Relocation
from swarmd.manager.moving.set_aside import plain_name
from swarmd.manager.rebalancing.plan import MOST, USUAL, Plan, Planner, Step, named
from swarmd.scheduler.evenness import Burden

KEPT = 600.0  # seconds for which a plan can be carried out
_MOST_KEPT = 16


@dataclass
class Rebalance:
    """One plan that is being carried out.

    Attributes:
        lines: All that was reported so far; the last one has ``Done``.
    """

    lines: list[Line] = field(default_factory=list)
    stopped: bool = False
    work: Deferred[None] | None = None
    _listeners: list[Listener] = field(default_factory=list)

    def follow(self, listener: Listener) -> None:
        for line in self.lines:
            listener(line)
        self._listeners.append(listener)

    def stop(self) -> None:
        """What is under way ends; nothing else begins, and nobody listens any more."""
        self.stopped = True
        self._listeners.clear()

    def pause(self) -> None:
        """The same, but who asked hears how far it came."""
        self.stopped = True

    def report(self, **line: Any) -> None:
        self.lines.append(line)
        for listener in list(self._listeners):
            listener(line)

    def count(self, status: str) -> int:
        return sum(line.get("Status") == status for line in self.lines)


class Rebalancer(Service):
    """The rebalancer of the fleet; it does nothing by itself.

    Attributes:
        elsewhere: Says, in words, which other swarmd moves containers; "" if this one does.
    """

    _log = Logger()

    def __init__(
        self, fleet: Fleet, planner: Planner, relocation: Relocation, local: LocalResources
    ) -> None:
        self._fleet = fleet
        self._planner = planner
        self._relocation = relocation
        self._local = local
        self.elsewhere: Callable[[], str] = lambda: ""
        self._numbers = count(1)
        self._plans: dict[str, tuple[float, Plan]] = {}  # by ID: until when it can be carried out
        self._under_way: Rebalance | None = None
        self._paused = False

    def stopService(self) -> None:
        super().stopService()
        self.break_off()

    # For the hand-over to another process

    def pause(self) -> Deferred[Any]:
        """Nothing further is moved, nor will be; fires when what is under way has been."""
        self._paused = True
        if self._under_way is None or self._under_way.work is None:
            return succeed(None)
        self._under_way.pause()
        return end_of(self._under_way.work)

    def break_off(self) -> None:
        if self._under_way is not None and self._under_way.work is not None:
            self._under_way.work.cancel()

    def resume(self) -> None:
        """Nobody else has taken it up."""
        self._paused = False

    # What operators ask

    async def plan(self, most: int = USUAL) -> dict[str, Any]:
        """What would be done, and the ID by which it can be; raises ApiError."""
        if not 0 < most <= MOST:
            raise BadParameter(f"a plan has 1 to {MOST} moves, not {most}")
        plan = await self._planner.plan(most)
        plan_id = f"{self._fleet.now():.0f}-{next(self._numbers)}"
        now = self._fleet.clock.seconds()
        live = {key: kept for key, kept in self._plans.items() if kept[0] > now}
        self._plans = {**live, plan_id: (now + KEPT, plan)}
        while len(self._plans) > _MOST_KEPT:
            del self._plans[next(iter(self._plans))]
        return self._shown(plan_id, plan)

    def _shown(self, plan_id: str, plan: Plan) -> dict[str, Any]:
        engines = self._fleet.state.engines
        return {
            "ID": plan_id,
            "Strategy": plan.strategy,
            "Moves": named(plan, engines),
            "More": plan.more,
            "Nodes": [
                {
                    "Name": engines[key].name if key in engines else key,
                    "Before": _burden(before),
                    "After": _burden(plan.after[key]),
                }
                for key, before in plan.before.items()
            ],
        }

    def run(self, plan_id: str) -> Rebalance:
        """Begins to carry out a plan, which can be done once.

        Raises:
            ApiError: There is no such plan, another is being carried out, or another process
                does operators' work now.
        """
        if leader := self.elsewhere():
            raise Conflict(f"{leader}: plan and carry out the rebalance there")
        if self._paused:
            raise Unavailable("swarmd has just been upgraded: ask for a plan again")
        if self._under_way is not None:
            raise Conflict("a rebalance is under way already")
        until, plan = self._plans.pop(plan_id, (0.0, None))
        if plan is None or until <= self._fleet.clock.seconds():
            raise NotFound(f"there is no plan {plan_id} (any more): make one anew")
        rebalance = self._under_way = Rebalance()
        rebalance.work = Deferred.fromCoroutine(self._carry_out(plan, rebalance))
        rebalance.work.addErrback(self._broke)
        rebalance.work.addBoth(self._end)
        return rebalance

    def _broke(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("rebalance", failure)

    def _end(self, _: object) -> None:
        self._under_way = None

    # The work

    async def _carry_out(self, plan: Plan, rebalance: Rebalance) -> None:
        for step in plan.steps:
            if rebalance.stopped:
                break
            await self._carry_out_step(step, rebalance)
        counts = {word.title(): rebalance.count(word) for word in ("moved", "stays", "failed")}
        rebalance.report(Done=True, Stopped=rebalance.stopped, **counts)

    async def _carry_out_step(self, step: Step, rebalance: Rebalance) -> None:
        def report(status: str, reason: str = "", **more: str) -> None:
            for one in step.group:
                why = {"Reason": in_one_line(reason)} if reason else {}
                about = {"Container": one.id, "Name": plain_name(one), "Status": status}
                rebalance.report(**about, **why, **more)

        engines = self._fleet.state.engines
        giver, taker = engines.get(step.giver), engines.get(step.taker)
        if obstacle := self._obstacle(step, giver, taker):
            report("stays", obstacle)
            return
        assert giver is not None and taker is not None
        report("moving", To=taker.name)
        try:
            moves = [await self._move(one, taker) for one in step.group]
            moved = await self._relocation.run(moves)
        except ApiError as error:
            report("stays", error.message)
            return
        if moved:
            report("moved", To=taker.name)
        else:
            report("failed", next(move.error for move in moves if move.error))
        await self._tidy(giver)

    async def _move(self, one: Container, taker: Engine) -> Move:
        move = await self._relocation.plan(one.id)
        move.to = taker.key
        return move

    def _obstacle(self, step: Step, giver: Engine | None, taker: Engine | None) -> str:
        """What has changed since the plan was made, so that this is not done; or ""."""
        for engine in (giver, taker):
            if engine is None or not engine.healthy or engine.cordoned:
                name = engine.name if engine is not None else "a node of the plan"
                return f"{name} does not give or take containers any more"
        there = self._fleet.state.engines[step.giver].containers
        gone = [plain_name(one) for one in step.group if one.id not in there]
        return f"{', '.join(gone)} is not there any more" if gone else ""

    async def _tidy(self, engine: Engine) -> None:
        try:
            await self._local.tidy(engine)
        except ApiError as error:
            self._log.warn("networks of {node}: {error}", node=engine.name, error=error)


def _burden(burden: Burden) -> dict[str, float]:
    return {
        "Containers": burden.containers,
        "CPUs": burden.cpus / 1e9,
        "Memory": burden.memory,
        "UsedCPUs": burden.used_cpus / 1e9,
        "UsedMemory": burden.used_memory,
    }
