"""How much engines give, over-commit included; fractional, unlike classic Swarm's whole CPUs."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.model import Engine
from swarmd.core.resources import ONE_CPU
from swarmd.scheduler.node_labels import OVERCOMMIT, overcommit
from swarmd.scheduler.policy import Policy


def cpus(engines: Sequence[Engine], policy: Policy) -> list[float]:
    """Nano-CPUs of each."""
    factors = _factors(engines, policy)
    return [e.spec.cpus * ONE_CPU * each for e, each in zip(engines, factors, strict=True)]


def memory(engines: Sequence[Engine], policy: Policy) -> list[float]:
    """Bytes of each."""
    factors = _factors(engines, policy)
    return [e.spec.memory * each for e, each in zip(engines, factors, strict=True)]


def _factors(engines: Sequence[Engine], policy: Policy) -> list[float]:
    default = policy.overcommit
    usual = 1 + default
    return [1 + overcommit(e, default) if OVERCOMMIT in e.labels else usual for e in engines]
