"""The survey: asks all engines how they stand towards the swarm of overlay networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from swarmd.core.addresses import parse_address
from swarmd.core.errors import ApiError
from swarmd.core.expressions import parse_expressions
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import accepted, read_answer
from swarmd.manager.fleet.fanout import gather
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.overlay.plan import home_of, is_orphan
from swarmd.manager.overlay.port_check import MANAGERS_PORT, PortCheck
from swarmd.manager.overlay.reading import standing_of, swarm_of
from swarmd.manager.overlay.standing import ADDRESS_LABEL, NodeStanding, Swarm
from swarmd.scheduler.placement import Placement

AT_ONCE = 32
ASK = 10.0  # seconds for one question


class Surveyor:
    """Who asks engines how they stand; nothing is kept."""

    def __init__(self, fleet: Fleet, placer: Placer, check: PortCheck) -> None:
        self._fleet = fleet
        self._placer = placer
        self._check = check

    async def table(self, constraints: Sequence[str] | None = None) -> list[NodeStanding]:
        """One line for each engine.

        Args:
            constraints: Which of them are wanted; None for those that our swarm was made for.

        Raises:
            BadParameter: The constraints cannot be read.
        """
        engines = list(self._fleet.state.engines.values())
        table = await gather(engines, AT_ONCE, self._standing)
        home = home_of(table)
        if constraints is None:
            constraints = home.constraints if home is not None else ()
        wanted = self._wanted(constraints)
        table = [replace(one, wanted=one.key in wanted) for one in table]
        orphans = {one.key for one in table if is_orphan(one, table)}

        async def looked_at(one: NodeStanding) -> NodeStanding:
            return await (self._with_served if one.key in orphans else self._with_ports)(one)

        return await gather(table, AT_ONCE, looked_at)

    def _wanted(self, constraints: Sequence[str]) -> set[str]:
        placement = Placement(constraints=parse_expressions(constraints))
        try:
            return {engine.key for engine in self._placer.rank(placement)}
        except ApiError:
            return set()

    async def _standing(self, engine: Engine) -> NodeStanding:
        address = _address(engine)
        if not engine.healthy:
            known = standing_of(engine.key, engine.name, orjson.loads(engine.spec.info))
            problem = f"does not answer: {engine.error or engine.health.value.lower()}"
            return replace(known, problem=problem, address=address)
        try:
            info = await self.ask(engine, dict, "info")
        except ApiError as error:
            return NodeStanding(engine.key, engine.name, f"does not answer: {error.message}",
                            address=address)  # fmt: skip
        one = replace(standing_of(engine.key, engine.name, info), address=address)
        return replace(one, swarm=await self._swarm(engine)) if one.manager else one

    async def _swarm(self, engine: Engine) -> Swarm | None:
        """None if it has no leader, who would have to tell."""
        try:
            swarm = await self.ask(engine, dict, "swarm")
            nodes = await self.ask(engine, list, "nodes")
            services = await self.ask(engine, list, "services")
        except ApiError:
            return None
        return swarm_of(swarm, nodes, len(services))

    async def ask(self, engine: Engine, kind: type[Any], *path: str) -> Any:
        """A question to an engine; raises ApiError."""
        answer = await self._fleet.call(engine, "GET", *path, timeout=ASK)
        return read_answer(engine.name, accepted(engine.name, answer).body, kind)

    async def _with_served(self, one: NodeStanding) -> NodeStanding:
        """Two engines may have one address: only where nobody listens no manager is left."""
        for host in one.remotes:
            closed, _ = await self._check(host) if host != one.address else ((), ())
            if any(word.startswith(MANAGERS_PORT) for word in closed):
                return replace(one, served=True)
        return one

    async def _with_ports(self, one: NodeStanding) -> NodeStanding:
        if not (one.outside and one.wanted and one.address):
            return one
        closed, silent = await self._check(one.address)
        return replace(one, closed=closed, silent=silent)


def _address(engine: Engine) -> str:
    """Where other nodes reach it: by its label, else where swarmd does."""
    given = engine.labels.get(ADDRESS_LABEL) or engine.ip
    if given or engine.address.startswith("unix:"):
        return given
    host = parse_address(engine.address).host
    return host if host.replace(".", "").isdecimal() or ":" in host else ""
