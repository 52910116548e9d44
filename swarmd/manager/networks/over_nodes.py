"""Networks of a swarm: one thing on several nodes, of which each hears in its own time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.task import deferLater

from swarmd.core.model import Engine
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import settle_lists

LOOKS, PAUSE = 20, 0.15  # for nodes to hear of a removal: how often, seconds between

Remove = Callable[[], Coroutine[Any, Any, list[Outcome]]]


async def once_released(fleet: Fleet, network_id: str, remove: Remove) -> list[Outcome]:
    """What came of a removal; managers hear a moment late that the last container is gone.

    On one host a client may remove both at once.
    """
    for _ in range(LOOKS):
        outcomes = await remove()
        if not any(map(_is_in_use, outcomes)) or _has_users(fleet, network_id):
            break
        await deferLater(fleet.clock, PAUSE)
    return outcomes


def _is_in_use(outcome: Outcome) -> bool:
    return outcome.error is not None and "in use by task" in outcome.error.message


def _has_users(fleet: Fleet, network_id: str) -> bool:
    every = fleet.state.containers.values()
    return any(network_id == id_ for one in every if one.running for _, id_ in one.networks)


async def heard_of_removal(fleet: Fleet, network_id: str) -> None:
    """Waits a while until no node lists the network: its name is free then, as on one host.

    Also nodes are asked that had not listed it yet: each manager hears of it by itself.
    """
    engines = [engine for engine in fleet.healthy() if _is_in_swarm(engine)]
    for _ in range(LOOKS):
        for engine in engines:
            fleet.state.mark_stale(engine.key, "networks")
        await settle_lists(fleet, "networks")
        if not any(network_id in engine.networks for engine in engines):
            return
        await deferLater(fleet.clock, PAUSE)


def _is_in_swarm(engine: Engine) -> bool:
    return any(network.scope == "swarm" for network in engine.networks.values())
