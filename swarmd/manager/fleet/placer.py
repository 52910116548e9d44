"""Placement for the fleet: the operator's policy over the engines of this moment."""

from __future__ import annotations

from collections.abc import Callable, Collection

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.create_request import label_list
from swarmd.core.expressions import Expression, parse_expressions
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.scheduler.place import Explanation, explain, only_engine, rank
from swarmd.scheduler.placement import Pin, Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.room import advice, lacking

CONSTRAINTS = "com.docker.swarm.constraints"


class Placer:
    """The scheduler, with the state of the fleet and its policy.

    ``seed`` draws the number that the random strategy needs, one a placement.

    Attributes:
        policy: May be replaced at any time.
        by_chance: Equals are drawn: other swarmds place on the same engines.
    """

    def __init__(self, fleet: Fleet, policy: PlacementPolicy, seed: Callable[[], int]) -> None:
        self._fleet = fleet
        self.policy = policy
        self.by_chance = False
        self._seed = seed

    def rank(self, wanted: Placement, without: Collection[str] = ()) -> list[Engine]:
        """Candidates, best first; ``without`` are keys of engines that were tried in vain.

        Raises:
            NoCandidate: No engine fits, with the rule that removed each.
        """
        index = self._fleet.state.index
        return rank(
            wanted,
            index,
            self.policy,
            seed=self._seed(),
            without=without,
            by_chance=self.by_chance,
        )

    def only_engine(self, wanted: Placement) -> Engine | None:
        """The one that the wish itself leaves, if it leaves one."""
        return only_engine(wanted, self._fleet.state.index, self.policy)

    def lacking(self, container: Container, demand: Demand, engine: Engine) -> str:
        """What the container's engine has not left of ``demand``, in words; "" if all."""
        return lacking(container, demand, engine, self.policy)

    def advice(self, demand: Demand, lacks: str) -> str:
        """What a client may do where that is lacking, "" if there is nothing."""
        return advice(demand, lacks, self.policy)

    def explain(self, wanted: Placement) -> Explanation:
        return explain(wanted, self._fleet.state.index, self.policy, seed=self._seed())


def node_pin(engine: Engine) -> Pin:
    """For ``node-1/name``: nowhere but there."""
    return Pin(f"node=={engine.name}", frozenset({engine.key}), f"the name asks for {engine.name}")


def label_constraints(labels: object) -> tuple[Expression, ...]:
    """The expressions in the labels of a network, a volume or a build."""
    text = labels.get(CONSTRAINTS) if isinstance(labels, dict) else None
    return parse_expressions(label_list(CONSTRAINTS, text)) if text else ()
