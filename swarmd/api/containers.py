"""``/containers``: the list, create, prune, and the way to one container's actions."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET

from swarmd.api.container_actions import ASK, REMOVE, RULES, ActionRule, ContainerCall
from swarmd.api.responses.name_holder import as_seen
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import Noun, answer, client_of, own
from swarmd.cluster.lookup import find_container
from swarmd.cluster.publishing.port_warnings import with_warnings
from swarmd.cluster.views.container_list import container_chunks
from swarmd.cluster.views.filters import ListQuery
from swarmd.codec.query import parse_query
from swarmd.core.container.container_state import Container
from swarmd.core.errors import NameTaken, NoSuchContainer, PageNotFound
from swarmd.core.model import Engine
from swarmd.core.request.terms import RequestTerms
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.manager.containers.sizes import with_sizes
from swarmd.manager.containers.start import Starter
from swarmd.manager.fleet.answers import made_id
from swarmd.manager.fleet.read_your_writes import (
    find_anywhere,
    settle_containers,
    settle_lists,
    settle_names,
    unread,
    unsettled,
)
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.prune import CONTAINERS, prune
from swarmd.streams.link import Answer

_COMMAND_LINE = b"Docker-Client/"


class Containers(Noun):
    """``/containers/…``"""

    def __init__(self, fleet: FleetView, creator: Creator) -> None:
        super().__init__()
        self._fleet = fleet
        self._creator = creator
        self.add("json", GET=self.index)
        self.add("ps", GET=self.index)
        self.add("create", POST=self.create)
        self.add("prune", POST=self.prune)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = self.consume(path, request)
        return action_of(self._fleet, self._creator.starter, request.method, segments)

    def often(self, method: bytes, name: str, action: str) -> IResource | None:
        """What ``getChild`` would find, for the root's short cut."""
        rule = RULES.get((method, action))
        if rule is None:
            return None
        return ContainerAction(self._fleet, self._creator.starter, rule, name, (action,))

    async def index(self, request: DockerRequest) -> None:
        query = ListQuery.of(request.arg)
        await settle_containers(self._fleet, unsettled(self._fleet))
        if "ancestor" in query.filters:
            await settle_lists(self._fleet, "images")
        else:
            await settle_names(self._fleet)
        version = request.version or self._fleet.api_version
        state, now = self._fleet.state, self._fleet.now()
        pieces = container_chunks(state, query, now, version, plain=_prints_all_names(request))
        if request.flag("size"):
            request.reply(200, await with_sizes(self._fleet, list(pieces)))
        else:
            request.reply_pieces(200, pieces)

    def create(self, request: DockerRequest) -> None:
        """Goes on to its end when the client leaves: half a create helps nobody."""
        own(request, self._create(request), outlives_client=True)

    async def _create(self, request: DockerRequest) -> None:
        body, config = read_body(request.body)
        await request.yield_to_others()
        if request.gone:
            return  # nothing was begun
        query = parse_query(request.raw_query)
        passed_on = [(key, one) for key, all_ in query.items() for one in all_ if key != "name"]
        order = CreateOrder(
            name=request.arg("name").removeprefix("/"),
            body=body,
            config=config,
            client=client_of(request),
            version=request.version or self._fleet.api_version,
            platform=request.arg("platform"),
            query=tuple(passed_on),
            scope=self._fleet.scope,
        )
        try:
            created = await self._creator.create(_on_terms(order, request.terms))
        except NameTaken as taken:
            raise as_seen(taken, self._fleet) from None
        if not request.gone:
            request.reply(created.status, self._warned(created, order))

    def _warned(self, created: Answer, order: CreateOrder) -> bytes:
        """The answer, with what it could not know of ports at swarmd's own address."""
        state = self._fleet.state
        if created.status != 201 or state.catalogue.ports is None:
            return created.body
        container = state.containers.get(made_id("", created.body))
        if container is None:
            return created.body
        return with_warnings(created.body, self._fleet.engine(container), order.body)

    async def prune(self, request: DockerRequest) -> None:
        def path(engine: Engine) -> str:
            return target(self._fleet, request, engine, "containers", "prune").decode()

        request.reply_json(200, await prune(self._fleet, path, CONTAINERS))


def _once(over: Deferred[None]) -> None:
    """A client that has left has cancelled it."""
    if not over.called:
        over.callback(None)


def _on_terms(order: CreateOrder, terms: RequestTerms) -> CreateOrder:
    return replace(
        order,
        admit=terms.admit or order.admit,
        vet=terms.vet or order.vet,
        devices_by_environment=terms.devices_by_environment,
    )


def _prints_all_names(request: DockerRequest) -> bool:
    """Docker's own command line, asked not to truncate: of one host it prints one name."""
    return (request.header(b"user-agent") or b"").startswith(_COMMAND_LINE)


def action_of(fleet: FleetView, starter: Starter, method: bytes, segments: list[str]) -> IResource:
    """The action that the path ends in; what is before it is the name, slashes included."""
    if method == b"DELETE":
        if len(segments) > 2 and segments[-2] == "checkpoints":
            owner, checkpoint = "/".join(segments[:-2]), tuple(segments[-2:])
            return ContainerAction(fleet, starter, ASK, owner, checkpoint)
        return ContainerAction(fleet, starter, REMOVE, "/".join(segments), ())
    size = 2 if segments[-2:] == ["attach", "ws"] else 1
    rule = RULES.get((method, "/".join(segments[-size:])))
    name, action = segments[:-size], tuple(segments[-size:])
    return ContainerAction(fleet, starter, rule if name else None, "/".join(name), action)


class ContainerAction(Resource):
    """One action on one container."""

    isLeaf = True

    def __init__(
        self,
        fleet: FleetView,
        starter: Starter,
        rule: ActionRule | None,
        name: str,
        action: tuple[str, ...],
    ) -> None:
        # Resource's constructor only makes the table of the children that a leaf has not.
        self._fleet = fleet
        self._starter = starter
        self._rule = rule
        self._name = name
        self._action = action
        self.takes_head = rule is not None and rule.takes_head

    def render(self, request: DockerRequest) -> int:
        answer(request, self._act)
        return NOT_DONE_YET

    render_head = render

    def _act(self, request: DockerRequest) -> Coroutine[Any, Any, None] | None:
        if self._rule is None:
            raise PageNotFound
        try:
            container = find_container(self._fleet.state, self._name)
        except NoSuchContainer:
            fleet = self._fleet
            if unsettled(fleet) or unread(fleet, self._name) or fleet.elsewhere is not None:
                return self._act_later(request)
            raise
        if container.id in self._fleet.state.handovers:
            return self._act_after(request, container)
        return self._send(request, container)

    async def _act_after(self, request: DockerRequest, container: Container) -> None:
        """It is just being made again on another node."""
        over: Deferred[None] = Deferred()
        self._fleet.state.handovers.when_over(container.id, lambda: _once(over))
        await over
        await self._act_later(request)

    async def _act_later(self, request: DockerRequest) -> None:
        """The name is unknown, but an engine has news that was not read yet: read it first."""
        await settle_containers(self._fleet, unsettled(self._fleet))
        work = self._send(request, await find_anywhere(self._fleet, self._name))
        if work is not None:
            await work

    def _send(
        self, request: DockerRequest, container: Container
    ) -> Coroutine[Any, Any, None] | None:
        fleet, engine = self._fleet, self._fleet.engine(container)
        line = target(fleet, request, engine, "containers", container.id, *self._action)
        assert self._rule is not None
        link = fleet.link(engine)
        return self._rule.send(
            ContainerCall(fleet, request, container, engine, link, line, self._starter)
        )
