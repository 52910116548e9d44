"""The overlay: the fleet's engines joined into one swarm, so that networks reach over nodes.

All that is known is asked of engines each time. Once the swarm is there, nodes that come are taken
in, and a manager that is lost for a while is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger

from swarmd.cluster import actions as news
from swarmd.core.errors import ApiError, Conflict, Unavailable
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_lists, unsettled
from swarmd.manager.overlay.plan import (
    SwarmPlan,
    SwarmStep,
    Verb,
    home_of,
    is_orphan,
    is_seen,
    next_steps,
)
from swarmd.manager.overlay.port_check import PortCheck
from swarmd.manager.overlay.standing import NodeStanding, Swarm
from swarmd.manager.overlay.steps import StepTaker
from swarmd.manager.overlay.survey import Surveyor
from swarmd.manager.overlay.view import status_view, users

ROUNDS = 8  # of plans, each from a new table
LOOKS, PAUSE = 20, 0.25  # for managers to hear of who has joined
CAME, LOST = 3.0, 60.0  # seconds after which who came is taken in, who was lost replaced

Line = dict[str, Any]
Report = Callable[[Line], None]


class Overlay(Service):
    """The swarm that carries overlay networks; it listens to nodes' news.

    Attributes:
        elsewhere: Says, in words, which other swarmd does operators' work; "" if this one does.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, placer: Placer, check: PortCheck) -> None:
        self.elsewhere: Callable[[], str] = lambda: ""
        self._fleet = fleet
        self._surveyor = Surveyor(fleet, placer, check)
        self._steps = StepTaker(fleet)
        self._busy = ""
        self._calls: dict[float, IDelayedCall] = {}  # by how long they wait
        self._work: Deferred[None] | None = None

    def stopService(self) -> None:
        """What is half done is done when it is asked for again."""
        super().stopService()
        for call in self._calls.values():
            if call.active():
                call.cancel()
        if self._work is not None:
            self._work.cancel()

    # What operators ask

    async def status(self) -> dict[str, Any]:
        """How each node stands."""
        table = await self._surveyor.table()
        return status_view(table, next_steps(table), self._fleet.state.engines)

    def claim(self, what: str) -> None:
        """Only one thing at a time, and at one swarmd.

        Raises:
            Conflict: It is not the time or the place.
        """
        if leader := self.elsewhere():
            raise Conflict(f"{leader}: ask for the overlay there")
        if self._busy:
            raise Conflict(f"overlay {self._busy} is under way already")
        self._busy = what

    async def up(self, constraints: Sequence[str] | None, report: Report) -> None:
        """Joins all that may be; the last line has ``Done``. It was claimed before."""
        await self._ended(self._grow(constraints, report), report)

    async def down(self, report: Report) -> None:
        """All of them leave; likewise."""
        await self._ended(self._shrink(report), report)

    async def _ended(self, work: Any, report: Report) -> None:
        try:
            last = await work
        except ApiError as error:
            last = {"Error": error.message}
        finally:
            self._busy = ""
        report({"Done": True, **last})

    # Up

    async def _grow(self, constraints: Sequence[str] | None, report: Report) -> Line:
        failed: dict[str, str] = {}
        for _ in range(ROUNDS):
            table = await self._surveyor.table(constraints)
            plan = next_steps(table, failed)
            if plan.problem:
                raise Unavailable(plan.problem)
            if plan.home is not None and constraints not in (None, plan.home.constraints):
                manager = self._steps.manager_of(plan.home, table)
                await self._steps.keep_constraints(manager, constraints or ())
            if not plan.steps:
                break
            await self._take(plan, table, constraints or (), failed, report)
        return _summary(table, plan, failed, report)

    async def _take(
        self,
        plan: SwarmPlan,
        table: Sequence[NodeStanding],
        constraints: Sequence[str],
        failed: dict[str, str],
        report: Report,
    ) -> None:
        done: list[SwarmStep] = []
        for step in plan.steps:
            if step.key in failed:
                continue
            report({"Node": step.name, "Status": _BEGUN[step.verb]})
            try:
                await self._steps.take(step, plan.home, table, constraints)
            except ApiError as error:
                failed[step.key or step.name] = " ".join(error.message.split())
                report({"Node": step.name, "Status": "failed", "Reason": error.message})
                continue
            report({"Node": step.name, "Status": _DONE[step.verb]})
            done.append(step)
        await self._heard_of(done)

    async def _heard_of(self, done: Sequence[SwarmStep]) -> None:
        """Who has joined is a stranger, and who is promoted no manager, until managers say so."""
        for _ in range(LOOKS):
            table = await self._surveyor.table()
            if all(is_seen(step, table) for step in done):
                break
            await deferLater(self._fleet.clock, PAUSE)
        await settle_lists(self._fleet, "networks")

    # Down

    async def _shrink(self, report: Report) -> Line:
        table = await self._surveyor.table()
        home = home_of(table)
        if home is not None:
            await self._check_unused(home)
        leaving = [one for one in table if _leaves(one, home, table)]
        managers = {one.key for one in leaving if one.manager}
        failed = 0
        for one in sorted(leaving, key=lambda each: each.key in managers):
            failed += not await self._left(one, report)
        there = [one for one in table if one.problem and one.state != "inactive"]
        for one in there:
            reason = f"{one.problem}; run it again when it is back"
            report({"Node": one.name, "Status": "left out", "Reason": reason})
        return {"Left": len(leaving) - failed, "Failed": failed + len(there)}

    async def _left(self, one: NodeStanding, report: Report) -> bool:
        engine = self._fleet.state.engines.get(one.key)
        if engine is None:
            return True
        try:
            await self._steps.leave(engine)
        except ApiError as error:
            report({"Node": one.name, "Status": "failed", "Reason": error.message})
            return False
        report({"Node": one.name, "Status": "left"})
        return True

    async def _check_unused(self, home: Swarm) -> None:
        if home.services:
            raise Conflict(f"the swarm runs services ({home.services}): remove them first")
        await settle_lists(self._fleet, "networks")
        await settle_containers(self._fleet, unsettled(self._fleet))
        if used := users(self._fleet.state.engines.values()):
            raise Conflict("overlay networks have containers: " + ", ".join(used))

    # News: nodes come and go

    def listed(self, engine: Engine) -> None: ...

    def came(self, engine: Engine) -> None:
        self._soon(CAME)

    def lost(self, engine: Engine) -> None:
        self._soon(LOST)

    def left(self, key: str) -> None: ...

    def on_action(self, action: news.Action) -> None: ...

    def _soon(self, seconds: float) -> None:
        """Fleets without any engine in swarm mode are not asked at all."""
        engines = self._fleet.state.engines.values()
        if not any(engine.spec.swarm_manager for engine in engines):
            return
        call = self._calls.get(seconds)
        if call is None or not call.active():
            self._calls[seconds] = self._fleet.clock.callLater(seconds, self._keep)

    def _keep(self) -> None:
        if self._busy or self._work is not None:
            self._soon(CAME)
        elif not self.elsewhere():
            self._busy = "keeping up"
            self._work = Deferred.fromCoroutine(self._keep_up())
            self._work.addErrback(lambda failure: self._log.failure("overlay", failure))

    async def _keep_up(self) -> None:
        """Nobody asked for it, so only what is ours already grows."""
        try:
            if home_of(await self._surveyor.table()) is not None:
                await self._grow(None, self._record)
        except ApiError as error:
            self._log.warn("overlay: {error}", error=error.message)
        finally:
            self._busy, self._work = "", None

    def _record(self, line: Line) -> None:
        if line["Status"] in (*_DONE.values(), "failed"):
            reason = f": {line['Reason']}" if "Reason" in line else ""
            text = "overlay: {node} {status}{reason}"
            self._log.info(text, node=line["Node"], status=line["Status"], reason=reason)


_BEGUN = {
    Verb.INIT: "joining",
    Verb.JOIN: "joining",
    Verb.JOIN_AS_MANAGER: "joining",
    Verb.LEAVE: "leaving a swarm that is gone",
    Verb.PROMOTE: "to be a manager",
    Verb.DEMOTE: "to be no manager",
    Verb.REMOVE: "going",
}
_DONE = {
    Verb.INIT: "joined as manager",
    Verb.JOIN: "joined",
    Verb.JOIN_AS_MANAGER: "joined as manager",
    Verb.LEAVE: "left a swarm that is gone",
    Verb.PROMOTE: "is a manager now",
    Verb.DEMOTE: "is no manager any more",
    Verb.REMOVE: "an entry of the past is gone",
}


def _leaves(one: NodeStanding, home: Swarm | None, table: Sequence[NodeStanding]) -> bool:
    if one.problem or one.state == "inactive":
        return False
    return (home is not None and one.node_id in home.members) or is_orphan(one, table)


def _summary(
    table: Sequence[NodeStanding], plan: SwarmPlan, failed: dict[str, str], report: Report
) -> Line:
    """What was left alone is words, then how many there are."""
    for one in table:
        if reason := plan.left.get(one.key):
            report({"Node": one.name, "Status": "left alone", "Reason": reason})
        elif one.silent:
            words = f"{', '.join(one.silent)}: no matter, unless a firewall holds it back"
            report({"Node": one.name, "Status": "note", "Reason": words})
    members = plan.home.members.values() if plan.home is not None else ()
    return {
        "Nodes": len(members),
        "Managers": sum(one.manager for one in members),
        "LeftAlone": len(plan.left),
        "Failed": len(failed),
    }
