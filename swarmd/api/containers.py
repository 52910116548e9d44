"""``/containers``: the list, create, prune, and the way to one container's actions."""

from __future__ import annotations

from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET

from swarmd.api.container_actions import ASK, REMOVE, RULES, Call, Rule
from swarmd.api.resource import Noun, answer
from swarmd.api.target import target
from swarmd.cluster.filters import ListQuery
from swarmd.cluster.lookup import find_container
from swarmd.cluster.views import container_list
from swarmd.core.errors import NoSuchContainer, PageNotFound
from swarmd.core.model import Container
from swarmd.front.request import DockerRequest
from swarmd.manager.create import Creator
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import settle_containers, unsettled
from swarmd.manager.prune import prune_containers
from swarmd.manager.sizes import with_sizes


class Containers(Noun):
    """``/containers/…``"""

    def __init__(self, fleet: Fleet, creator: Creator) -> None:
        super().__init__()
        self._fleet = fleet
        self._creator = creator
        self.add("json", GET=self.list)
        self.add("ps", GET=self.list)
        self.add("create", POST=self.create)
        self.add("prune", POST=self.prune)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = [path.decode(), *(part.decode() for part in request.postpath)]
        return action_of(self._fleet, request.method, segments)

    async def list(self, request: DockerRequest) -> None:
        query = ListQuery.of(request.arg)
        await settle_containers(self._fleet, unsettled(self._fleet))
        chunks = container_list(self._fleet.state, query, self._fleet.now())
        if request.flag("size"):
            chunks = await with_sizes(self._fleet, chunks)
        request.reply(200, chunks)

    async def create(self, request: DockerRequest) -> None:
        created = await self._creator.create(request.body, request.arg, request.header, client=request.peer)
        request.reply(created.status, created.body)

    async def prune(self, request: DockerRequest) -> None:
        request.reply_json(200, await prune_containers(self._fleet, request))


def action_of(fleet: Fleet, method: bytes, segments: list[str]) -> IResource:
    """The action that the path ends in; what is before it is the name, slashes included."""
    if method == b"DELETE":
        if len(segments) > 2 and segments[-2] == "checkpoints":
            return ContainerAction(fleet, ASK, segments[:-2], tuple(segments[-2:]))
        return ContainerAction(fleet, REMOVE, segments, ())
    size = 2 if segments[-2:] == ["attach", "ws"] else 1
    rule = RULES.get((method, "/".join(segments[-size:])))
    return ContainerAction(fleet, rule, segments[:-size], tuple(segments[-size:]))


class ContainerAction(Resource):
    """One action on one container."""

    isLeaf = True

    def __init__(
        self, fleet: Fleet, rule: Rule | None, name: list[str], action: tuple[str, ...]
    ) -> None:
        super().__init__()
        self._fleet = fleet
        self._rule = rule if name else None
        self._name = "/".join(name)
        self._action = action
        self.takes_head = rule is not None and rule.takes_head

    def render(self, request: DockerRequest) -> int:
        answer(request, self._act)
        return NOT_DONE_YET

    render_head = render

    def _act(self, request: DockerRequest):
        if self._rule is None:
            raise PageNotFound
        try:
            container = find_container(self._fleet.state, self._name)
        except NoSuchContainer:
            if not unsettled(self._fleet):
                raise
            return self._act_later(request)
        self._send(request, container)
        return None

    async def _act_later(self, request: DockerRequest) -> None:
        """The name is unknown, but an engine has news that was not read yet: read it first."""
        await settle_containers(self._fleet, unsettled(self._fleet))
        self._send(request, find_container(self._fleet.state, self._name))

    def _send(self, request: DockerRequest, container: Container) -> None:
        fleet, engine = self._fleet, self._fleet.engine(container)
        line = target(fleet, request, engine, "containers", container.id, *self._action)
        self._rule.send(Call(fleet, request, container, engine, fleet.link(engine), line))
