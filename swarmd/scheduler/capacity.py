"""How much engines give, over-commit included; fractional, unlike classic Swarm's whole CPUs."""

from __future__ import annotations

from swarmd.core.engine_index import Load
from swarmd.core.resources import ONE_CPU
from swarmd.scheduler.node_labels import parse_overcommit
from swarmd.scheduler.policy import Policy


def cpus(load: Load, policy: Policy) -> float:
    """Nano-CPUs."""
    return load.cpus * ONE_CPU * _factor(load, policy)


def memory(load: Load, policy: Policy) -> float:
    """Bytes."""
    return load.memory * _factor(load, policy)


def _factor(load: Load, policy: Policy) -> float:
    """A node's own label goes before the policy."""
    default = policy.overcommit
    return 1 + (parse_overcommit(load.overcommit, default) if load.overcommit else default)
