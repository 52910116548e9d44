"""A scripted fleet of three with a rebalancer."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from swarmd.manager.fleet.placer import Placer
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.relocate import Relocation
from swarmd.manager.rebalancing.plan import Planner
from swarmd.manager.rebalancing.rebalance import Rebalance, Rebalancer
from swarmd.scheduler.registry import make_policy
from tests.manager.moving.rig import Rig


class RebalanceRig(Rig):
    def __init__(self, policy: str = "spread") -> None:
        super().__init__()
        fleet = self.fleet
        creator = fleet.creator(policy)
        placer = Placer(fleet, make_policy(policy), lambda: 0)
        mover = Mover(fleet, creator, creator._plans, self.operator_state)
        relocation = Relocation(fleet, mover)
        planner = Planner(fleet, placer, creator.choice, mover, relocation)
        self.rebalancer = Rebalancer(fleet, planner, relocation, fleet.local_resources(placer))
        self.everyone_comes()

    def plan(self, most: int = 20) -> dict[str, Any]:
        """What is planned; what was asked of engines meanwhile is only to look."""
        found: list[Any] = []
        Deferred.fromCoroutine(self.rebalancer.plan(most)).addBoth(found.append)
        while not found:
            asked = self.fleet.obey()
            assert all(call.startswith("GET") for call in asked), asked
            self.fleet.clock.advance(0)
        if not isinstance(found[0], dict):
            found[0].raiseException()
        return dict(found[0])

    def run_plan(self, plan: dict[str, Any]) -> Rebalance:
        rebalance = self.rebalancer.run(plan["ID"])
        self.fleet.obey()
        for number in self.fleet.there:
            self.fleet.listing(number)
        return rebalance

    def counts(self) -> list[int]:
        return [len(self.fleet.names(number)) for number in self.fleet.there]


def moves(plan: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["Name"], one["From"], one["To"]) for one in plan["Moves"]]
