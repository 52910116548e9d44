"""How much engines give, over-commit included; fractional, unlike classic Swarm's whole CPUs.

And how much of it is kept for a container: see ``PlacementPolicy.reserve``.
"""

from __future__ import annotations

from swarmd.core.container.container_state import Demand
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.index.engine_index import Load
from swarmd.core.index.tally import Held
from swarmd.scheduler.node_labels import parse_overcommit
from swarmd.scheduler.policy import PlacementPolicy


def cpus(load: Load, policy: PlacementPolicy) -> float:
    """Nano-CPUs."""
    return load.cpus * ONE_CPU * _factor(load, policy)


def memory(load: Load, policy: PlacementPolicy) -> float:
    """Bytes."""
    return load.memory * _factor(load, policy)


def is_soft(demand: Demand, policy: PlacementPolicy) -> bool:
    """Whether CPUs only rank nodes; a container's own label goes before the policy."""
    return (demand.reserve or policy.reserve) == "soft"


def wanted_memory(demand: Demand, policy: PlacementPolicy) -> int:
    return demand.least_memory or demand.memory if is_soft(demand, policy) else demand.memory


def held_memory(held: Held, policy: PlacementPolicy) -> int:
    return held.memory - (held.spare_memory if policy.reserve == "soft" else 0)


def loaded_memory(load: Load, policy: PlacementPolicy) -> int:
    return load.held_memory - (load.spare_memory if policy.reserve == "soft" else 0)


def _factor(load: Load, policy: PlacementPolicy) -> float:
    """A node's own label goes before the policy."""
    default = policy.overcommit
    return 1 + (parse_overcommit(load.overcommit, default) if load.overcommit else default)
