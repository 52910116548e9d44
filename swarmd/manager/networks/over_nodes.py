"""Networks of a swarm: one thing on several nodes, of which each hears in its own time."""

from __future__ import annotations

from twisted.internet.task import deferLater

from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import settle_lists

LOOKS, PAUSE = 12, 0.15  # for nodes to hear of a removal: how often, seconds between


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
