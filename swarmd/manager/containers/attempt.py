"""One attempt to make a container on one engine, and what became of it.

An engine gives a name once. So a create whose answer was lost may be sent to the same engine again:
if the first one is under way there, or was carried out, the second is refused.

An engine whose API is older than 1.44 takes one network at the create: there the container joins
the others right after, as clients of that time did themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import orjson
from twisted.internet.task import deferLater

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.errors import EngineRefused, EngineUnreachable, NameTaken
from swarmd.core.image.image_reference import familiar
from swarmd.core.model import Engine
from swarmd.core.names import IDENTITY
from swarmd.manager.claims.claim import create_claim
from swarmd.manager.claims.claimant import Claimant, ClaimTaken
from swarmd.manager.claims.committer import OutrunError
from swarmd.manager.claims.held_claim import Gate
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.create_order import CreateOrder, NotMadeError, References
from swarmd.manager.containers.engine_body import Endpoints, engine_body
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.answers import made_id, message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet, Query
from swarmd.manager.fleet.retry import retry
from swarmd.streams.link import Answer

CREATE = 60.0  # seconds for one engine's answer
LOOK_UP = 10.0  # seconds to learn what became of a create whose answer was lost
LOOKS, PAUSE = 40, 0.25  # how often, and in seconds how long between, while it is under way


class Attempts:
    """The attempts of all creates: orders carried out on one engine.

    What one claims is free again when it is certainly over.

    Attributes:
        claimant: With other swarmds, which have to agree first; None if there are none.

    Args:
        plans: Of which those that have led to a container are dropped.
    """

    def __init__(self, fleet: Fleet, plans: PullPlans) -> None:
        self.claimant: Claimant | None = None
        self._fleet = fleet
        self._plans = plans

    async def run(
        self,
        engine: Engine,
        pending: Container,
        order: CreateOrder,
        attachments: Attachments,
        has_other: Callable[[], bool],
    ) -> Answer:
        """The engine's answer; errors as of ``make``, and as of ``Claimant.take``.

        Args:
            pending: The container as it is reserved.
            has_other: As of ``Attachments.on``.
        """
        free = partial(self._fleet.state.release, pending.id)
        gate = None
        if self.claimant is not None:
            uses, quota = attachments.uses(), order.is_counted
            gate = await claim_create(self.claimant, pending, engine, uses, free, quota=quota)
        async with attachments.on(engine, has_other, free) as claims:
            if order.config.volumes:
                plain = References(self._fleet.state, order.config).plain
                await order.vet(engine, [plain(name) for name in order.config.volumes])
            try:
                answer = await make(self._fleet, engine, order, pending.demand, gate)
                if answer.status == 201:
                    self._confirm(engine, pending, order, answer)
                    attachments.mounted(engine)
            except NotMadeError:
                if gate is not None and gate():
                    raise OutrunError from None
                raise
            except BaseException:
                attachments.mounted(engine)
                self._fleet.state.doubt(pending.id, claims.pop_all().close)
                raise
        return answer

    def _confirm(
        self, engine: Engine, pending: Container, order: CreateOrder, answer: Answer
    ) -> None:
        """An engine that names another's container as the new one gets nobody to touch that."""
        container_id = made_id(engine.name, answer.body)
        if self._fleet.state.catalogue.foreign(engine, container_id):
            raise EngineRefused(engine.name, 502, "what it has made has another container's ID")
        self._fleet.state.confirm(pending.id, pending._replace(id=container_id, pending=False))
        self._plans.drop(order.client, familiar(order.config.image))


async def claim_create(
    claimant: Claimant,
    pending: Container,
    engine: Engine,
    uses: Iterable[str],
    free: Callable[[], None],
    *,
    quota: bool,
) -> Gate:
    """Returns once all other swarmds count it; where they do not, it is free again."""
    claim = create_claim(claimant.next_id(), pending, engine, uses, quota=quota)
    try:
        held = await claimant.take(claim)
    except ClaimTaken as met:
        free()
        raise NameTaken(pending.name, met.other.identity or met.other.claim.subject) from None
    except BaseException:
        free()
        raise
    claimant.own.hold(held, pending.id)
    return held.gate


async def make(
    fleet: Fleet, engine: Engine, order: CreateOrder, demand: Demand, gate: Gate | None = None
) -> Answer:
    """The engine's answer.

    Args:
        gate: As of ``EngineCall``.

    Raises:
        NotMadeError: The engine was not reached, or has made nothing.
        EngineUnreachable: Whether it made the container is not known.
    """
    return await Attempt(fleet, engine, order, gate).make(demand)


class Attempt:
    """One attempt to carry out an order on one engine: the calls that it takes."""

    def __init__(self, fleet: Fleet, engine: Engine, order: CreateOrder, gate: Gate | None) -> None:
        self._fleet = fleet
        self._engine = engine
        self._order = order
        self._gate = gate

    async def make(self, demand: Demand) -> Answer:
        plain = References(self._fleet.state, self._order.config).plain
        body, others = engine_body(self._order, plain, self._engine, demand)
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
        path = ("POST", "containers", "create")
        return await self._call(*path, query=query, body=body, gate=self._gate)

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

    async def _join(self, made: Answer, others: Endpoints) -> Answer:
        """The answer to the create, or the refusal of a network, with the container removed."""
        container_id = made_id(self._engine.name, made.body)
        for network, endpoint in others.items():
            body = {"Container": container_id, "EndpointConfig": endpoint or {}}
            path = ("POST", "networks", network, "connect")
            try:
                answer = await retry(partial(self._call, *path, body=body))
                if answer.status >= 400:
                    await self._undo(container_id)
                    return answer
            except EngineUnreachable as lost:
                raise self._half(lost, network) from None
        return made

    async def _undo(self, container_id: str) -> None:
        path = ("DELETE", "containers", container_id)
        gone = await retry(partial(self._call, *path, query=(("force", "1"), ("v", "1"))))
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
        gate: Gate | None = None,
    ) -> Answer:
        return await self._fleet.call(
            self._engine, method, *path,
            query=query, asked=self._order.version, body=body, timeout=timeout, gate=gate,
        )  # fmt: skip
