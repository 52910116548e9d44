"""The least loaded engine first; one of weight 2 takes twice as much as one of weight 1."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.model import Engine
from swarmd.scheduler.node_labels import WEIGHT, weight
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.strategies import load
from swarmd.scheduler.strategies.column import Column


def spread(wanted: Placement, engines: Sequence[Engine], policy: Policy, seed: int) -> list[Column]:
    columns = [Column("containers", load.containers(engines))]
    if wanted.demand.cpus or wanted.demand.memory:
        columns.insert(0, Column("load", load.score(wanted, engines, policy)))
    if not any([WEIGHT in engine.labels for engine in engines]):  # noqa: C419 - twice as fast
        return columns
    weights = [weight(engine) for engine in engines]
    return [
        Column(name, [value / each for value, each in zip(values, weights, strict=True)])
        for name, values in columns
    ] + [Column("weight", [-each for each in weights])]
