"""One attempt to make a container on one engine, and what became of it.

An engine gives a name once. So a create whose answer was lost may be sent to the same engine again:
if the first one is under way there, or was carried out, the second is refused.

An engine whose API is older than 1.44 takes one network at the create: there the container joins
the others right after, as clients of that time did themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from twisted.internet.task import deferLater

from swarmd.core.container.container_state import Demand
from swarmd.core.container.create_request import rewritten
from swarmd.core.container.mac_addresses import ON_EACH_NETWORK, of_main_network
from swarmd.core.errors import ApiError, EngineUnreachable, NameTaken
from swarmd.core.model import Engine
from swarmd.core.names import IDENTITY
from swarmd.manager.containers.cpu_shares import with_weight
from swarmd.manager.containers.create_order import CreateOrder, References
from swarmd.manager.containers.devices import with_devices, without_devices
from swarmd.manager.fleet.answers import made_id, message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet, Query
from swarmd.manager.fleet.retry import twice
from swarmd.streams.link import Answer

CREATE = 60.0  # seconds for one engine's answer
LOOK_UP = 10.0  # seconds to learn what became of a create whose answer was lost
LOOKS, PAUSE = 40, 0.25  # how often, and in seconds how long between, while it is under way
SEVERAL_NETWORKS = (1, 44)  # the first API that takes them at the create

Endpoints = Mapping[str, Any]


class NotMadeError(Exception):
    """The engine made no container, for this reason; another engine may."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


async def make(fleet: Fleet, engine: Engine, order: CreateOrder, demand: Demand) -> Answer:
    """The engine's answer.

    Raises:
        NotMadeError: The engine was not reached, or has made nothing.
        EngineUnreachable: Whether it made the container is not known.
    """
    return await Attempt(fleet, engine, order).make(demand)


class Attempt:
    """One order on one engine."""

    def __init__(self, fleet: Fleet, engine: Engine, order: CreateOrder) -> None:
        self._fleet = fleet
        self._engine = engine
        self._order = order
        self._version = fleet.version_for(engine, order.version)

    async def make(self, demand: Demand) -> Answer:
        plain = References(self._fleet.state, self._order.config).plain
        whole: Mapping[str, Any] = with_devices(rewritten(self._order.body, plain), demand.devices)
        if not self._order.devices_by_environment:
            whole = without_devices(whole, self._engine.spec.info)
        whole = with_weight(whole, self._engine.spec.cpus)
        if self._version < ON_EACH_NETWORK:
            whole = of_main_network(whole)
        body, others = self._split(whole)
        answer = await self._created(body)
        if answer.status == 201 and others:
            return await self._join(answer, others)
        return answer

    async def _created(self, body: Mapping[str, Any]) -> Answer:
        try:
            return await self._post(body)
        except EngineUnreachable as error:
            if not error.sent:
                raise NotMadeError(error) from None
            lost = error
        try:
            answer = await self._look_up() or await self._post_again(body)
        except EngineUnreachable:
            answer = None
        if answer is None:
            cause = (
                f"{lost.cause}; whether container {self._order.name} was created there is unknown"
            )
            raise EngineUnreachable(self._engine.name, cause, sent=True)
        return answer

    async def _post(self, body: Mapping[str, Any]) -> Answer:
        query = [("name", self._order.name), *self._order.query]
        return await self._call("POST", "containers", "create", query=query, body=body)

    async def _post_again(self, body: Mapping[str, Any]) -> Answer | None:
        """Refused for its name, it is not shown yet: the engine is still at the first one.

        None if it stays so.
        """
        answer = await self._post(body)
        if answer.status != 409:
            return answer
        for _ in range(LOOKS):
            if found := await self._look_up():
                return found
            await deferLater(self._fleet.clock, PAUSE)
        return None

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
            path = ("POST", "networks", network, "connect")
            try:
                answer = await twice(partial(self._call, *path, body=body))
                if answer.status >= 400:
                    await self._undo(container_id)
                    return answer
            except EngineUnreachable as lost:
                raise self._half(lost, network) from None
        return made

    async def _undo(self, container_id: str) -> None:
        path = ("DELETE", "containers", container_id)
        gone = await twice(partial(self._call, *path, query=(("force", "1"), ("v", "1"))))
        if gone.status >= 400 and gone.status != 404:
            raise EngineUnreachable(self._engine.name, message_of(gone.body), sent=True)

    def _half(self, lost: EngineUnreachable, network: str) -> EngineUnreachable:
        name = self._order.name
        cause = (
            f"{lost.cause}; container {name} was created there, but is perhaps not connected to "
            f"network {network}: remove it, or connect it, when the node is back"
        )
        return EngineUnreachable(self._engine.name, cause, sent=True)

    async def _look_up(self) -> Answer | None:
        """What the name tells: 201 if we made it, 409 if another did; None if it is not there."""
        name, engine = self._order.name, self._engine.name
        answer = await self._call("GET", "containers", name, "json", timeout=LOOK_UP)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise EngineUnreachable(engine, message_of(answer.body), sent=True)
        container_id = made_id(engine, answer.body)
        if not self._is_ours(read_answer(engine, answer.body, dict)):
            taken = NameTaken(name, container_id)
            return Answer(409, answer.headers, orjson.dumps({"message": taken.message}))
        made = orjson.dumps({"Id": container_id, "Warnings": []})
        return Answer(201, answer.headers, made)

    def _is_ours(self, inspect: Mapping[str, Any]) -> bool:
        """Somebody may have made another one of that name behind our back."""
        labels = (inspect.get("Config") or {}).get("Labels") or {}
        return bool(labels.get(IDENTITY) == self._order.config.labels.get(IDENTITY))

    async def _call(
        self,
        method: str,
        *path: str,
        query: Query = (),
        body: Mapping[str, Any] | None = None,
        timeout: float = CREATE,
    ) -> Answer:
        return await self._fleet.call(
            self._engine, method, *path,
            query=query, asked=self._order.version, body=body, timeout=timeout,
        )  # fmt: skip
