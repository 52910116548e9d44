"""``GET /swarmd/usage``: what the containers of each node really use, beside what they reserve."""

from __future__ import annotations

from typing import Any

from swarmd.core.model import Engine
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.usage.sampler import UsageSampler


class Usage:
    """The route ``GET /swarmd/usage``. Who asks keeps the measuring going for some minutes."""

    def __init__(self, fleet: Fleet, sampler: UsageSampler) -> None:
        self._fleet = fleet
        self._sampler = sampler

    async def usage(self, request: DockerRequest) -> None:
        await self._sampler.want()
        engines = self._fleet.state.engines.values()
        shown = [self._shown(engine) for engine in sorted(engines, key=lambda one: one.name)]
        request.reply_json(200, shown)

    def _shown(self, engine: Engine) -> dict[str, Any]:
        containers, now = list(engine.containers.values()), self._fleet.clock.seconds()
        cpus, memory = self._sampler.book.sums(containers, now)
        return {
            "Name": engine.name,
            "Status": engine.health.value,
            "CPUs": engine.spec.cpus,
            "Memory": engine.spec.memory,
            "UsedCPUs": round(cpus / 1e9, 4),
            "UsedMemory": int(memory),
            "ReservedCPUs": engine.tally.cpus / 1e9,
            "ReservedMemory": engine.tally.memory,
            "Running": sum(one.running for one in containers),
            "Measured": self._sampler.book.fresh(containers, now),
        }
