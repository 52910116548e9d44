"""One attempt to make a container on one engine, and what became of it.

An engine whose API is older than 1.44 takes one network at the create: there the container joins
the others right after, as clients of that time did themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from swarmd.codec.query import render_query
from swarmd.core.config import rewritten
from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.core.model import Demand, Engine
from swarmd.core.version import show
from swarmd.manager.devices import with_devices
from swarmd.manager.fanout import made_id
from swarmd.manager.fleet import Fleet
from swarmd.manager.order import Order, References
from swarmd.manager.weights import with_weight
from swarmd.streams.link import Answer

CREATE = 60.0  # seconds for one engine's answer
LOOK_UP = 10.0  # seconds to learn what became of a create whose answer was lost
SEVERAL_NETWORKS = (1, 44)  # the first API that takes them at the create

Endpoints = Mapping[str, Any]


class NotMadeError(Exception):
    """The engine made no container, for this reason; another engine may."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


async def make(fleet: Fleet, engine: Engine, order: Order, demand: Demand) -> Answer:
    """The engine's answer.

    Raises:
        NotMadeError: The engine was not reached, or has made nothing.
        EngineUnreachable: Whether it made the container is not known.
    """
    return await Attempt(fleet, engine, order).make(demand)


class Attempt:
    """One order on one engine."""

    def __init__(self, fleet: Fleet, engine: Engine, order: Order) -> None:
        self._fleet = fleet
        self._engine = engine
        self._order = order
        self._version = fleet.version_for(engine, order.version)

    async def make(self, demand: Demand) -> Answer:
        plain = References(self._fleet.state, self._order.config).plain
        whole = with_devices(rewritten(self._order.body, plain), demand.devices)
        whole = with_weight(whole, self._engine.spec.cpus)
        body, others = self._split(whole)
        query = render_query([("name", self._order.name), *self._order.query])
        try:
            answer = await self._call("POST", f"containers/create?{query}", body, CREATE)
        except EngineUnreachable as error:
            if not error.sent:
                raise NotMadeError(error) from None
            answer = await self._look_up(error)
        if answer.status == 201 and others:
            return await self._join(answer, others)
        return answer

    def _split(self, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Endpoints]:
        """The body for this engine, and the networks that are left to be joined."""
        endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        if len(endpoints) < 2 or self._version >= SEVERAL_NETWORKS:
            return body, {}
        mode = (body.get("HostConfig") or {}).get("NetworkMode")
        first = mode if mode in endpoints else next(iter(endpoints))
        others = {name: one for name, one in endpoints.items() if name != first}
        kept = {**body["NetworkingConfig"], "EndpointsConfig": {first: endpoints[first]}}
        return {**body, "NetworkingConfig": kept}, others

    async def _join(self, made: Answer, others: Endpoints) -> Answer:
        """The answer to the create, or the refusal of a network, with the container removed."""
        container_id = made_id(self._engine.name, made.body)
        for network, endpoint in others.items():
            body = {"Container": container_id, "EndpointConfig": endpoint or {}}
            answer = await self._call(
                "POST", f"networks/{quote(network, safe='')}/connect", body, CREATE
            )
            if answer.status >= 400:
                await self._call("DELETE", f"containers/{container_id}?force=1&v=1", None, CREATE)
                return answer
        return made

    async def _look_up(self, lost: EngineUnreachable) -> Answer:
        """The answer was lost: the reserved name tells whether the container was made."""
        name = self._order.name
        try:
            answer = await self._call("GET", f"containers/{quote(name)}/json", None, LOOK_UP)
        except EngineUnreachable:
            cause = f"{lost.cause}; whether container {name} was created there is unknown"
            raise EngineUnreachable(self._engine.name, cause, sent=True) from None
        if answer.status != 200:
            raise NotMadeError(lost)
        container_id = made_id(self._engine.name, answer.body)
        made = orjson.dumps({"Id": container_id, "Warnings": []})
        return Answer(201, answer.headers, made)

    async def _call(self, method: str, path: str, body: Any, timeout: float) -> Answer:
        link = self._fleet.link(self._engine)
        encoded = orjson.dumps(body) if body is not None else b""
        target = f"/v{show(self._version)}/{path}"
        return await link.call(method, target, body=encoded, timeout=timeout)
