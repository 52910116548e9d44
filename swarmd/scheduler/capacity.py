"""How much an engine gives, over-commit included; fractional, unlike classic Swarm's whole CPUs."""

from __future__ import annotations

from swarmd.core.model import Engine
from swarmd.core.resources import ONE_CPU
from swarmd.scheduler import node_labels
from swarmd.scheduler.policy import Policy


def total_cpus(engine: Engine, policy: Policy) -> float:
    """Nano-CPUs."""
    ratio = node_labels.overcommit(engine, policy.overcommit)
    return engine.spec.cpus * ONE_CPU * (1 + ratio)


def total_memory(engine: Engine, policy: Policy) -> float:
    """Bytes."""
    return engine.spec.memory * (1 + node_labels.overcommit(engine, policy.overcommit))
