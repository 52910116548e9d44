"""The fullest engine that has room first, so that others stay empty; heavier ones go before."""

from __future__ import annotations

from swarmd.core.engine_index import EngineIndex
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.strategies import load, weights
from swarmd.scheduler.strategies.column import Column, grouped


def binpack(wanted: Placement, fleet: EngineIndex, policy: Policy, seed: int) -> list[Column]:
    columns = [
        grouped("weight", [(-weight, bits) for weight, bits in weights.groups(fleet)]),
        grouped("containers", [(-count, bits) for count, bits in fleet.active.items()]),
    ]
    if wanted.demand.cpus or wanted.demand.memory:
        scores = load.scores(wanted, fleet, policy)
        columns.insert(1, grouped("load", [(-score, bits) for score, bits in scores]))
    return columns
