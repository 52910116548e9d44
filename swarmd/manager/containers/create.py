"""Creates a container: place, reserve, ask the engine, and go on elsewhere if it cannot.

The reservation stands before the request leaves, so creates under way see each other, and until it
is certain that the container is there or never will be: an attempt goes on to its end when who
asked leaves, and one whose answer was lost stays counted until its engine has told. A request that
may have reached an engine is never repeated before it is known that it made nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.create_request import CreateRequest
from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.image.image_reference import familiar
from swarmd.core.model import Engine
from swarmd.core.names import check_container_name
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.attempt import NotMadeError, make
from swarmd.manager.containers.create_order import CreateOrder, References, definite, identified
from swarmd.manager.containers.node_choice import NodeChoice
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.containers.reconcile import Reconciler
from swarmd.manager.containers.replaced import replaced
from swarmd.manager.containers.start import Starter
from swarmd.manager.fleet.answers import made_id, message_of
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import (
    settle_containers,
    settle_details,
    settle_lists,
    settle_unknown,
    unsettled,
)
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.images.platforms import platform_known
from swarmd.scheduler.refusal import NoCandidate
from swarmd.streams.link import Answer

PATIENCE = 20.0  # seconds for an image to come to a node; many clients wait 60 for an answer
TRIES = 3  # engines asked before the create is given up, beside swarm.createretry

Failures = dict[str, tuple[Engine, ApiError]]  # by the engine's key


class Creator:
    """All creates.

    Args:
        invent: Makes a free name, given a test whether a name is taken.
        identify: Makes a Swarm ID.
    """

    def __init__(
        self,
        fleet: Fleet,
        placer: Placer,
        plans: PullPlans,
        attachments: Attachments,
        invent: Callable[[Callable[[str], bool]], str],
        identify: Callable[[], str],
        retries: int = 0,
    ) -> None:
        self._fleet = fleet
        self.choice = NodeChoice(fleet, placer, plans, attachments)
        self.starter = Starter(fleet, placer)
        self._plans = plans
        self._attachments = attachments
        self._invent = invent
        self._identify = identify
        self._tries = TRIES + retries
        self._numbers = count(1)
        self._reconciler = Reconciler(fleet)

    async def create(self, order: CreateOrder) -> Answer:
        """Raises ApiError if it can be placed nowhere, or nowhere works."""
        if order.name:
            check_container_name(order.name)
        else:
            order = replace(order, name=self._invent(self._fleet.state.name_taken))
        order = identified(self._fleet.state, order, self._identify)
        await self._settle(order.config)
        if await self._attachments.waited(order.config):
            await self._settle(order.config)
        order = await platform_known(self._fleet, definite(self._fleet.state, order))
        failures: Failures = {}
        while len(failures) < self._tries:
            try:
                demand, engine = await self._choose(order, failures)
            except NoCandidate:
                if failures:
                    break
                raise
            try:
                return await self._create_on(engine, demand, order, failures)
            except NotMadeError as failure:
                failures[engine.key] = engine, failure.error
        raise _all_failed(list(failures.values()))

    async def _choose(self, order: CreateOrder, failures: Failures) -> tuple[Demand, Engine]:
        """Before it is refused, what may have ended or changed a moment ago is asked for."""
        try:
            return self.choice.choose(order, failures)
        except NoCandidate:
            changed = unsettled(self._fleet)
            if not changed or failures:
                raise
        await settle_containers(self._fleet, changed)
        await settle_details(self._fleet, _unsized(changed))
        return self.choice.choose(order, failures)

    async def _settle(self, config: CreateRequest) -> None:
        await settle_lists(self._fleet, "images", "networks", "volumes")
        await settle_unknown(self._fleet, config.images)
        await self._attachments.settle(config)

    async def _create_on(
        self, engine: Engine, demand: Demand, order: CreateOrder, failures: Failures
    ) -> Answer:
        """One attempt. Raises NotMadeError if this engine certainly made nothing."""
        state = self._fleet.state
        # In one turn with the reservation, so that no two slip through.
        order.admit(demand, replaced(state, order))
        pending = self._pending(engine, demand, order)
        state.reserve(pending, order.replaces.id if order.replaces else "")
        attempt = self._attempt(engine, pending, order, failures)
        answer = await shielded(attempt, NotMadeError)
        self._judge(engine, order, answer)
        return answer

    async def _attempt(
        self, engine: Engine, pending: Container, order: CreateOrder, failures: Failures
    ) -> Answer:
        """What is claimed for it is free again when it certainly made nothing, and not before."""
        with ExitStack() as claims:
            claims.callback(self._fleet.state.release, pending.id)
            claims.enter_context(self._attachments.claimed(order.config, engine))
            await self._bring(engine, order, failures)
            plain = References(self._fleet.state, order.config).plain
            await order.vet(engine, [plain(name) for name in order.config.volumes])
            try:
                answer = await make(self._fleet, engine, order, pending.demand)
                if answer.status == 201:
                    self._confirm(engine, pending, order, self._made(engine, answer))
            except NotMadeError:
                raise
            except BaseException:
                self._attachments.unpacked(order.config, engine)
                self._fleet.state.doubt(pending.id, claims.pop_all().close)
                raise
        return answer

    def _confirm(self, engine: Engine, pending: Container, order: CreateOrder, new_id: str) -> None:
        self._fleet.state.confirm(pending.id, pending._replace(id=new_id, pending=False))
        self._plans.drop(order.client, familiar(order.config.image))
        self._attachments.unpacked(order.config, engine)

    def _made(self, engine: Engine, answer: Answer) -> str:
        """The new container's ID; an engine that names another's gets nobody to touch that."""
        container_id = made_id(engine.name, answer.body)
        if self._fleet.state.catalogue.foreign(engine, container_id):
            raise EngineRefused(engine.name, 502, "what it has made has another container's ID")
        return container_id

    async def _bring(self, engine: Engine, order: CreateOrder, failures: Failures) -> None:
        """Its client does not wait long for an image where another node has that already."""
        lacks = self._attachments.lacks(order.config, engine)
        waits = PATIENCE if lacks and self.choice.has_other(order, engine, failures) else None
        try:
            await self._attachments.bring(order.config, engine, order.leaves, waits)
        except ApiError as error:
            raise NotMadeError(error) from None

    def _pending(self, engine: Engine, demand: Demand, order: CreateOrder) -> Container:
        config, plain = order.config, References(self._fleet.state, order.config).plain
        return Container(
            id=f"pending-{next(self._numbers)}",
            engine=engine.key,
            names=(order.name,),
            image=config.image,
            created=self._fleet.now() - engine.spec.clock_offset,
            labels=config.labels,
            demand=demand,
            networks=tuple((name, "") for name in config.networks),
            network_mode=config.network_mode,
            tied=tuple(dict.fromkeys(plain(ref) for _, ref in config.containers)),
            tty=config.tty,
            sized=True,
            pending=True,
        )

    def _judge(self, engine: Engine, order: CreateOrder, answer: Answer) -> None:
        """A missing image is the client's to pull, onto this node; a failing engine is left."""
        if answer.status == 404:
            self._plans.note(order.client, familiar(order.config.image), engine.key)
        if answer.status >= 500:
            raise NotMadeError(ApiError(message_of(answer.body), answer.status))


def _unsized(engines: Iterable[Engine]) -> list[Container]:
    return [one for engine in engines for one in engine.containers.values() if not one.sized]


def _all_failed(failures: list[tuple[Engine, ApiError]]) -> ApiError:
    """The first engine's status; each different reason once, with the nodes that gave it."""
    nodes: dict[str, list[str]] = {}
    for engine, error in failures:
        cause = error.cause if isinstance(error, EngineUnreachable) else error.message
        nodes.setdefault(cause, []).append(engine.name)
    lines = [f"{', '.join(names)}: {cause}" for cause, names in nodes.items()]
    return ApiError("\n".join(lines), failures[0][1].status)
