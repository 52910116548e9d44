"""The fullest engine that has room first, so that others stay empty; heavier ones go before."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.model import Engine
from swarmd.scheduler.node_labels import weight
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.strategies import load
from swarmd.scheduler.strategies.column import Column


def binpack(
    wanted: Placement, engines: Sequence[Engine], policy: Policy, seed: int
) -> list[Column]:
    columns = [
        Column("weight", [-weight(engine) for engine in engines]),
        Column("containers", [-count for count in load.containers(engines)]),
    ]
    if wanted.demand.cpus or wanted.demand.memory:
        scores = load.score(wanted, engines, policy)
        columns.insert(1, Column("load", [-score for score in scores]))
    return columns
