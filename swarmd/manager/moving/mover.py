"""The mover: makes a container again on another node, and the calls that go with that."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock

from swarmd.core.container.container_state import Container
from swarmd.core.container.personal_labels import REPLACES
from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable, Unavailable
from swarmd.core.image.image_reference import familiar, one_tag
from swarmd.core.request.version import Version
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.answers import accepted, made_id, message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet, Query
from swarmd.manager.fleet.retry import retry
from swarmd.manager.images.unread_progress import UnreadProgress
from swarmd.manager.moving.blueprint import Blueprint
from swarmd.manager.moving.replacement_label import labels_of_replacement, proves
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.streams.link import Answer

SHORT = 30.0  # seconds for start, rename, remove, connect
PULL_IDLE = 120.0  # seconds without progress of a pull
# The last API in which an inspect tells what MAC address was asked for, and a create takes it so.
_NEWEST: Version = (1, 51)


Prove = Callable[[str], Coroutine[Any, Any, None]]


async def _alone(step: str) -> None:
    """There is no other swarmd."""


class Mover:
    """The calls that moving a container takes.

    Every call raises ApiError, in the engine's words, if it did not do what it says.

    Attributes:
        prove: Called before each change of an engine, with what it is: raises ApiError where
            another swarmd may have begun to do this work.
        gate: Asked right before the first byte of each such call; as of ``EngineCall``.
    """

    def __init__(
        self, fleet: Fleet, creator: Creator, plans: PullPlans, operator_state: OperatorState
    ) -> None:
        self.prove: Prove = _alone
        self.gate: Callable[[], str] | None = None
        self._fleet = fleet
        self._creator = creator
        self._plans = plans
        self._operator_state = operator_state
        # Two containers of one network must not take it to two nodes, so they go in turn.
        self._create_lock = DeferredLock()

    def order(self, plan: Blueprint, old: Container, to: str = "") -> CreateOrder:
        """How ``plan`` is made in place of ``old``; ``to`` is the key of an engine, or ""."""
        own = labels_of_replacement(self._operator_state.key(), old.id)
        body = {**plan.body, "Labels": {**(plan.body.get("Labels") or {}), **own}}
        return CreateOrder(
            plan.name, body, plan.config, f"move {old.id}", self._asked, replaces=old, to=to,
        )  # fmt: skip

    async def create(self, plan: Blueprint, old: Container, to: str = "") -> Container:
        """Makes, but does not start, what ``plan`` says, on a node that the scheduler chooses.

        Its name may still be that of ``old``. An image that the node lacks is pulled there.
        """
        order = self.order(plan, old, to)
        await self.prove(f"create {plan.name}")
        answer = await self._create_lock.run(self._created, order)
        if answer.status == 404 and await self._pull(order):
            await self.prove(f"create {plan.name}")
            answer = await self._create_lock.run(self._created, order)
        if answer.status != 201:
            raise ApiError(message_of(answer.body), answer.status)
        new = self._fleet.state.containers.get(made_id("", answer.body))
        if new is None:
            raise Unavailable(f"the node that {plan.name} was made on has left")
        await self._connect(new, plan.further)
        return new

    def _created(self, order: CreateOrder) -> Deferred[Answer]:
        return Deferred.fromCoroutine(self._creator.create(order))

    async def _pull(self, order: CreateOrder) -> bool:
        """Whether the node that the create was planned for has got the image."""
        image = order.config.image
        planned = self._plans.find(order.client, familiar(image))
        engine = self._fleet.state.engines.get(planned or "")
        if engine is None:
            return False
        said = UnreadProgress()
        query = [("fromImage", one_tag(image))]
        target = self._fleet.target(engine, "images", "create", query=query, asked=self._asked)
        answer = await self._fleet.link(engine).stream(
            "POST", target, said.receive, idle_timeout=PULL_IDLE
        )
        self._fleet.state.images_changed(engine.key, [one_tag(image)])
        if failure := message_of(answer.body) if answer.status >= 400 else said.error:
            raise EngineRefused(engine.name, 404, f"{image} cannot be pulled: {failure}")
        return True

    async def _connect(self, new: Container, networks: Mapping[str, Mapping[str, Any]]) -> None:
        try:
            for network, endpoint in networks.items():
                body = {"Container": new.id, "EndpointConfig": endpoint}
                await self._call(new, "POST", "networks", network, "connect", body=body, again=True)
        except ApiError:
            await self.remove(new)
            raise

    async def inspect(self, container: Container) -> dict[str, Any]:
        answer = await self._call(container, "GET", "containers", container.id, "json")
        return read_answer(self._fleet.engine(container).name, answer.body, dict)

    async def start(self, container: Container) -> None:
        starter = self._creator.starter
        if not starter.begin(container.id):
            await starter.begin_later(container.id)
        done: bool | None = False
        try:
            await self._act(container, "start", again=True)
            done = True
        except EngineUnreachable as error:
            done = None if error.sent else False
            raise
        finally:
            starter.end(container.id, done=done)

    async def stop(self, container: Container, grace: float) -> None:
        """``grace`` is how many seconds the container has before its engine kills it."""
        await self._act(container, "stop", timeout=SHORT + grace, again=True)

    async def rename(self, container: Container, name: str, *, keep: bool = False) -> None:
        """With ``keep`` its old name stays reserved: for who replaces it, or for the way back."""
        state = self._fleet.state
        state.reserve_name(name, container.id)
        granted: bool | None = False
        try:
            await self._named(container, name)
            granted = True
        except EngineUnreachable as error:
            granted = None if error.sent else False
            raise
        finally:
            state.release_name(name, container.id, granted=granted)
        if keep:
            state.reserve_name(container.name, container.id)

    async def _named(self, container: Container, name: str) -> None:
        """Where the answer was lost, the engine is asked for the container's name."""
        try:
            await self._act(container, "rename", query=[("name", name)])
        except EngineUnreachable as lost:
            if not lost.sent or (await self.inspect(container)).get("Name") != f"/{name}":
                raise

    async def remove(self, container: Container, *, missing_ok: bool = True) -> None:
        """By force; its anonymous volumes stay, since nobody said that they may go."""
        try:
            path = ("DELETE", "containers", container.id)
            await self._call(container, *path, query=[("force", "1")], again=True)
        except EngineRefused as refusal:
            if refusal.status != 404 or not missing_ok:
                raise
        self._fleet.forget(container.id)

    def replacement(self, container_id: str) -> Container | None:
        """The container that swarmd made in place of this one, as far as engines tell."""
        return next((one for one in self.claimants(container_id) if self.is_ours(one)), None)

    def claimants(self, container_id: str) -> list[Container]:
        """Those that say, by a label, that they replace this one; it may be true or not."""
        return [
            container
            for engine in self._fleet.state.engines.values()
            if container_id in engine.tally.labels.get(REPLACES, ())
            for container in engine.containers.values()
            if container.labels.get(REPLACES) == container_id
        ]

    def is_ours(self, container: Container) -> bool:
        """Whether swarmd made it in place of another."""
        old_id = container.labels.get(REPLACES, "")
        return proves(self._operator_state.key(), container.labels, old_id)

    def shared_volumes(self) -> frozenset[str]:
        """Names of the volumes that are the same ones on every node."""
        return frozenset(
            name
            for engine in self._fleet.state.engines.values()
            for name, volume in engine.volumes.items()
            if volume.scope == "global"
        )

    async def _act(self, container: Container, verb: str, **more: Any) -> None:
        await self._call(container, "POST", "containers", container.id, verb, **more)

    async def _call(
        self,
        container: Container,
        method: str,
        *path: str,
        query: Query = (),
        body: Any = None,
        timeout: float = SHORT,
        again: bool = False,
    ) -> Answer:
        """With ``again``, once more if the answer was lost."""
        engine = self._fleet.state.engines.get(container.engine)
        if engine is None:
            raise EngineUnreachable(container.engine, "it is no longer listed")
        if method != "GET":
            await self.prove(f"{method} {'/'.join(path)}")
        ask = partial(
            self._fleet.call, engine, method, *path, query=query, asked=self._asked, body=body,
            timeout=timeout, gate=None if method == "GET" else self.gate,
        )  # fmt: skip
        answer = await (retry(ask) if again else ask())
        if method != "GET":
            self._fleet.state.mark_dirty(container.id)
        return accepted(engine.name, answer)

    @property
    def _asked(self) -> Version:
        return min(self._fleet.api_version, _NEWEST)
