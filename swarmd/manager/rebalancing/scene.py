"""The nodes that may give and take, and what they bear while a plan is made. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from swarmd.core.container.container_state import Container
from swarmd.core.index.engine_index import load_of
from swarmd.core.model import Engine
from swarmd.scheduler import capacity
from swarmd.scheduler.evenness import (
    NOTIONS,
    Bearer,
    Burden,
    fullness,
    improves,
    improves_zones,
)
from swarmd.scheduler.node_labels import weight
from swarmd.scheduler.policy import PlacementPolicy

Used = Callable[[Container], tuple[float, float]]
"""Nano-CPUs and bytes that a container really uses, or is taken to use."""


def uses_nothing(_: Container) -> tuple[float, float]:
    """Where usage is not asked for."""
    return 0.0, 0.0


class Scene:
    """The nodes of a plan: those that answer and take containers.

    Attributes:
        nodes: By key, as they are after the moves so far.
    """

    def __init__(
        self, engines: Iterable[Engine], policy: PlacementPolicy, used: Used = uses_nothing
    ) -> None:
        self._notion = NOTIONS[policy.strategy]
        self._policy = policy
        self._used = used
        usable = [one for one in engines if one.healthy and not one.cordoned]
        self.nodes = {engine.key: self._bearer(engine) for engine in usable}
        self._zones = Counter[str]()
        for node in self.nodes.values():
            self._zones[node.zone] += node.bears.containers

    def _bearer(self, engine: Engine) -> Bearer:
        load, zone = load_of(engine), engine.labels.get(self._policy.spread, "")
        borne = Burden()
        for container in engine.containers.values():
            borne = borne.plus(self.burden([container]))
        return Bearer(
            engine.key,
            capacity.cpus(load, self._policy),
            capacity.memory(load, self._policy),
            weight(engine),
            zone if self._policy.spread else "",
            borne,
        )

    def burden(self, group: Iterable[Container]) -> Burden:
        """What a node bears of them; what has ended is no load."""
        total = Burden()
        for one in group:
            if one.holds:
                memory = capacity.wanted_memory(one.demand, self._policy)
                total = total.plus(Burden(1, one.demand.cpus, memory, *self._used(one)))
        return total

    def givers(self) -> list[str]:
        """Keys, by whose turn it is to give."""
        nodes = self.nodes.values()
        return [one.key for one in sorted(nodes, key=lambda one: fullness(self._notion, one))]

    def takers(self) -> list[str]:
        return self.givers()[::-1]

    def improves(self, giver: str, taker: str, burden: Burden) -> bool:
        a, b = self.nodes[giver], self.nodes[taker]
        if giver == taker:
            return False
        zones = improves_zones(self._zones, a, b, burden.containers)
        return zones > 0 or (zones == 0 and improves(self._notion, a, b, burden))

    def move(self, giver: str, taker: str, burden: Burden) -> None:
        a, b = self.nodes[giver], self.nodes[taker]
        self.nodes[giver], self.nodes[taker] = a.giving(burden), b.taking(burden)
        self._zones[a.zone] -= burden.containers
        self._zones[b.zone] += burden.containers
