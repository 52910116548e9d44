"""The fleet's way of placing: the operator's policy over the engines of this moment."""

from __future__ import annotations

from collections.abc import Callable, Collection

from swarmd.core.config import label_list
from swarmd.core.expressions import Expression, parse_expressions
from swarmd.core.model import Engine
from swarmd.manager.fleet import Fleet
from swarmd.scheduler.place import Explanation, explain, rank
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Pin, Placement

CONSTRAINTS = "com.docker.swarm.constraints"


class Placer:
    """``seed`` draws the number that the random strategy needs, one a placement."""

    def __init__(self, fleet: Fleet, policy: Policy, seed: Callable[[], int]) -> None:
        self._fleet = fleet
        self._policy = policy
        self._seed = seed

    def rank(self, wanted: Placement, without: Collection[str] = ()) -> list[Engine]:
        """Candidates, best first; ``without`` are keys of engines that were tried in vain.

        Raises:
            NoCandidate: No engine fits, with the rule that removed each.
        """
        index = self._fleet.state.index
        return rank(wanted, index, self._policy, seed=self._seed(), without=without)

    def explain(self, wanted: Placement) -> Explanation:
        return explain(wanted, self._fleet.state.index, self._policy, seed=self._seed())


def node_pin(engine: Engine) -> Pin:
    """For ``node-1/name``: nowhere but there."""
    return Pin(f"node=={engine.name}", frozenset({engine.key}), f"the name asks for {engine.name}")


def label_constraints(labels: object) -> tuple[Expression, ...]:
    """The expressions in the labels of a network, a volume or a build."""
    text = labels.get(CONSTRAINTS) if isinstance(labels, dict) else None
    return parse_expressions(label_list(CONSTRAINTS, text)) if text else ()
