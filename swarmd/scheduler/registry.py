"""The filters and strategies there are, in order; the only place that knows them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from swarmd.core.container.resources import RESERVES
from swarmd.scheduler.filters.affinity import affinity
from swarmd.scheduler.filters.constraint import constraint
from swarmd.scheduler.filters.containerslots import containerslots
from swarmd.scheduler.filters.cordon import cordon
from swarmd.scheduler.filters.dependency import dependency, pins
from swarmd.scheduler.filters.health import health
from swarmd.scheduler.filters.locality import network, volume
from swarmd.scheduler.filters.platform import platform
from swarmd.scheduler.filters.port import port
from swarmd.scheduler.filters.resources import device, resources
from swarmd.scheduler.filters.whitelist import whitelist
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Filter
from swarmd.scheduler.strategies.binpack import binpack
from swarmd.scheduler.strategies.column import Strategy
from swarmd.scheduler.strategies.random import random
from swarmd.scheduler.strategies.spread import spread
from swarmd.scheduler.strategies.usage import by_usage

FILTERS: Mapping[str, Filter] = MappingProxyType(
    {
        "health": health,
        "cordon": cordon,
        "constraint": constraint,
        "whitelist": whitelist,
        "platform": platform,
        "dependency": dependency,
        "pin": pins,
        "network": network,
        "volume": volume,
        "affinity": affinity,
        "port": port,
        "containerslots": containerslots,
        "device": device,
        "resources": resources,
    }
)
"""``--filter`` name -> filter, in the default order: from what a node is to what it has left."""

TIES = frozenset(
    ("constraint", "whitelist", "platform", "dependency", "pin", "network", "volume", "affinity")
)
"""What a wish itself says of where to go, whatever nodes have left."""

ALWAYS = ("cordon", "pin", "device", "resources")
"""Filters that no ``--filter`` leaves out: without them a promise made elsewhere would break."""

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {"spread": spread, "spread:usage": by_usage, "binpack": binpack, "random": random}
)

_ALIASES = {"binpacking": "binpack"}


def make_policy(
    strategy: str = "spread",
    filters: Iterable[str] = (),
    *,
    overcommit: float = 0.0,
    reserve: str = "hard",
    image_locality: bool = True,
) -> PlacementPolicy:
    """Checks what the operator gave.

    Args:
        strategy: A name, or ``spread:LABEL``; a label called usage cannot be spread over.
        filters: Names in the order wanted; none means all.

    Raises:
        ValueError: A name is unknown (the known ones are listed), over-commit is -1 or less, or
            ``reserve`` is no kind of reservation.
    """
    name, _, label = (strategy, "", "") if strategy in STRATEGIES else strategy.partition(":")
    name = _ALIASES.get(name, name)
    chosen = tuple(dict.fromkeys(filters)) or tuple(FILTERS)
    _check("strategy", [name], STRATEGIES)
    _check("filter", chosen, FILTERS)
    if label and name != "spread":
        raise ValueError(f"strategy not supported: {strategy}; only spread takes a label")
    if not overcommit > -1:
        raise ValueError(f"swarm.overcommit should be larger than -1, {overcommit:g} is invalid")
    if reserve not in RESERVES:
        raise ValueError(f"swarm.reserve should be hard or soft, {reserve!r} is invalid")
    order = (*chosen, *(each for each in ALWAYS if each not in chosen))
    return PlacementPolicy(name, order, label, overcommit, image_locality, reserve)


def _check(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{what} not supported: {name}; known: {', '.join(known)}")
