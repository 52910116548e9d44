"""How much engines give, over-commit included; fractional, unlike classic Swarm's whole CPUs.

And how much of it is kept for a container: see ``Policy.reserve``.
"""

from __future__ import annotations

from swarmd.core.engine_index import Load
from swarmd.core.model import Demand
from swarmd.core.resources import ONE_CPU
from swarmd.core.tally import Held
from swarmd.scheduler.node_labels import parse_overcommit
from swarmd.scheduler.policy import Policy


def cpus(load: Load, policy: Policy) -> float:
    """Nano-CPUs."""
    return load.cpus * ONE_CPU * _factor(load, policy)


def memory(load: Load, policy: Policy) -> float:
    """Bytes."""
    return load.memory * _factor(load, policy)


def is_soft(demand: Demand, policy: Policy) -> bool:
    """Whether CPUs only rank nodes; a container's own label goes before the policy."""
    return (demand.reserve or policy.reserve) == "soft"


def wanted_memory(demand: Demand, policy: Policy) -> int:
    return demand.least_memory or demand.memory if is_soft(demand, policy) else demand.memory


def held_memory(held: Held, policy: Policy) -> int:
    return held.memory - (held.spare_memory if policy.reserve == "soft" else 0)


def loaded_memory(load: Load, policy: Policy) -> int:
    return load.held_memory - (load.spare_memory if policy.reserve == "soft" else 0)


def _factor(load: Load, policy: Policy) -> float:
    """A node's own label goes before the policy."""
    default = policy.overcommit
    return 1 + (parse_overcommit(load.overcommit, default) if load.overcommit else default)
