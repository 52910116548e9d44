"""What a rebalance would move where: found step by step, each tried on the state as it would be.

Nothing is changed. Containers are inspected only where a move would even something out, so that a
fleet that is even costs no call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from twisted.internet.task import deferLater

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, BadParameter
from swarmd.core.model import Engine
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.containers.node_choice import NodeChoice
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_lists, unsettled
from swarmd.manager.images.platforms import platform_known
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.relocate import Move, Relocation
from swarmd.manager.moving.set_aside import plain_name
from swarmd.manager.rebalancing.belonging import belonging
from swarmd.manager.rebalancing.scene import Scene, Used, uses_nothing
from swarmd.scheduler.evenness import NOTIONS, Burden

MOST = 100  # containers of one plan, at the very most
USUAL = 20
_MOST_INSPECTED = 500  # containers that are looked into for one plan
_SLICE = 64  # groups that are looked at in one turn
_NEAREST = 3  # nodes that are asked whether a move to them is worth a closer look


@dataclass(frozen=True)
class Step:
    """Containers that move together.

    Attributes:
        giver, taker: Keys of engines.
    """

    group: Sequence[Container]
    giver: str
    taker: str


@dataclass
class Plan:
    """What would be moved, in this order.

    Attributes:
        before, after: What each node bears, by its key.
        more: It ends at the number of moves that was asked for: there is more to even out.
    """

    strategy: str
    before: dict[str, Burden]
    steps: list[Step] = field(default_factory=list)
    after: dict[str, Burden] = field(default_factory=dict)
    more: bool = False

    @property
    def size(self) -> int:
        return sum(len(step.group) for step in self.steps)

    def step_of(self, group: Sequence[Container]) -> Step | None:
        return next((one for one in self.steps if one.group[0].id == group[0].id), None)

    def take(self, step: Step) -> None:
        """What is moved already goes elsewhere, in one move, or stays after all."""
        before = self.step_of(step.group)
        if before is not None:
            self.steps.remove(before)
            step = replace(step, giver=before.giver)
        if step.giver != step.taker:
            self.steps.append(step)


class Planner:
    """The maker of plans.

    Args:
        used: What containers use, for a strategy that goes by that.
    """

    def __init__(
        self,
        fleet: Fleet,
        placer: Placer,
        choice: NodeChoice,
        mover: Mover,
        relocation: Relocation,
        used: Used = uses_nothing,
    ) -> None:
        self._fleet = fleet
        self._placer = placer
        self._choice = choice
        self._mover = mover
        self._relocation = relocation
        self._used = used

    async def plan(self, most: int = USUAL) -> Plan:
        """Raises BadParameter where the strategy has no notion of evenness."""
        policy = self._placer.policy
        if policy.strategy not in NOTIONS:
            raise BadParameter(
                f"strategy {policy.strategy} draws lots: to it all placements are as even"
            )
        await settle_containers(self._fleet, unsettled(self._fleet))
        await settle_lists(self._fleet, "networks", "volumes")
        scene = Scene(self._fleet.state.engines.values(), policy, self._used)
        plan = Plan(policy.strategy, {key: node.bears for key, node in scene.nodes.items()})
        search = _Search(self, self._fleet, scene, plan)
        while (step := await search.next_step()) is not None:
            if plan.size + len(step.group) > most and plan.step_of(step.group) is None:
                plan.more = True
                break
            scene.move(step.giver, step.taker, scene.burden(step.group))
            plan.take(step)
        plan.after = {key: node.bears for key, node in scene.nodes.items()}
        return plan

    async def orders(self, group: Sequence[Container]) -> list[CreateOrder]:
        """How each would be made anew; ApiError if one must stay."""
        found = []
        for one in group:
            move: Move = await self._relocation.plan(one.id)
            order = self._mover.order(move.plan, one)
            found.append(await platform_known(self._fleet, order))
        return found

    def takes(self, engine: Engine, orders: Sequence[CreateOrder]) -> bool:
        """Whether they find room there, one after the other."""
        with ExitStack() as imagined:
            for order in orders:
                if engine not in self._choice.candidates(order, engine):
                    return False
                assert order.replaces is not None
                imagined.enter_context(self._fleet.state.imagined([(order.replaces, engine)]))
        return True

    def candidates(self, order: CreateOrder) -> list[Engine]:
        return self._choice.candidates(order)


class _Search:
    """The search for one plan: what was looked into, and what stays."""

    def __init__(self, planner: Planner, fleet: Fleet, scene: Scene, plan: Plan) -> None:
        self._planner = planner
        self._fleet = fleet
        self._scene = scene
        self._plan = plan
        self._orders: dict[str, list[CreateOrder]] = {}  # by a group's first container
        self._staying: set[str] = set()
        self._inspected = 0
        self._looks = 0

    async def next_step(self) -> Step | None:
        for giver in self._scene.givers():
            for group in self._groups(giver):
                taker = await self._taker(giver, group)
                if taker:
                    return Step(group, giver, taker)
        return None

    def _groups(self, key: str) -> list[Sequence[Container]]:
        """What is on a node after the moves so far."""
        moved = {one.id for step in self._plan.steps for one in step.group}
        engine = self._fleet.state.engines.get(key)
        there = belonging(engine) if engine is not None else []
        staying = [group for group in there if moved.isdisjoint(one.id for one in group)]
        return [*staying, *(step.group for step in self._plan.steps if step.taker == key)]

    async def _taker(self, giver: str, group: Sequence[Container]) -> str:
        """The key of the best node that is better for all of them; "" if there is none."""
        await self._breathe()
        burden, name = self._scene.burden(group), group[0].id
        near = self._scene.takers()[:_NEAREST]
        if name in self._staying or not any(
            self._scene.improves(giver, one, burden) for one in near
        ):
            return ""
        orders = await self._orders_of(group)
        if not orders:
            return ""
        with self._fleet.state.imagined(list(self._so_far(group))):
            for engine in self._planner.candidates(orders[0]):
                if (
                    self._may_take(engine, giver, orders)
                    and self._scene.improves(giver, engine.key, burden)
                    and self._planner.takes(engine, orders)
                ):
                    return engine.key
        return ""

    def _may_take(self, engine: Engine, giver: str, orders: Sequence[CreateOrder]) -> bool:
        """One that is spread over a label of its own stays where that label has the same value."""
        own = {order.config.spread for order in orders} - {""}
        labels = self._fleet.state.engines[giver].labels
        alike = all(labels.get(label) == engine.labels.get(label) for label in own)
        return alike and engine.key in self._scene.nodes

    async def _orders_of(self, group: Sequence[Container]) -> list[CreateOrder]:
        """None if one of them must stay, or too many were looked into already."""
        name = group[0].id
        if name not in self._orders:
            self._inspected += len(group)
            if self._inspected > _MOST_INSPECTED:
                return []
            try:
                self._orders[name] = await self._planner.orders(group)
            except ApiError:
                self._staying.add(name)
                return []
        return self._orders[name]

    def _so_far(self, but: Sequence[Container]) -> Iterator[tuple[Container, Engine]]:
        """The moves of this plan, but for those of a group that may go elsewhere."""
        engines, containers = self._fleet.state.engines, self._fleet.state.containers
        for step in self._plan.steps:
            for one in step.group if step.group[0].id != but[0].id else ():
                if one.id in containers and step.taker in engines:
                    yield containers[one.id], engines[step.taker]

    async def _breathe(self) -> None:
        self._looks += 1
        if self._looks % _SLICE == 0:
            await deferLater(self._fleet.clock, 0)


def named(plan: Plan, state_engines: Mapping[str, Engine]) -> list[dict[str, Any]]:
    """The moves as clients read them."""

    def name(key: str) -> str:
        engine = state_engines.get(key)
        return engine.name if engine is not None else key

    return [
        {
            "Container": one.id,
            "Name": plain_name(one),
            "From": name(step.giver),
            "To": name(step.taker),
            "Group": number,
        }
        for number, step in enumerate(plan.steps, 1)
        for one in step.group
    ]
