"""``/volumes``: each listed with its node where names repeat, and asked where it lives."""

from __future__ import annotations

from functools import partial

from twisted.web.resource import IResource

from swarmd.api.resource import Noun, Route
from swarmd.api.target import target
from swarmd.cluster.filters import VolumeQuery
from swarmd.cluster.lookup import Found, find_volume
from swarmd.cluster.views import volume_list
from swarmd.core.errors import BadParameter
from swarmd.core.model import Engine, Volume
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import settle_lists
from swarmd.manager.prune import prune
from swarmd.manager.volumes import Volumes as Manager
from swarmd.streams.forward import forward

ANONYMOUS_ONLY = (1, 42)  # from here on an engine prunes only anonymous volumes unless told "all"


class Volumes(Noun):
    """``/volumes/…``"""

    def __init__(self, fleet: Fleet, manager: Manager) -> None:
        super().__init__()
        self._fleet = fleet
        self._manager = manager
        self.add("create", POST=self.create)
        self.add("prune", POST=self.prune)

    def render(self, request: DockerRequest) -> int:
        return Route({b"GET": self.index}).render(request)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        ref = "/".join(self.consume(path, request))
        return Route({b"GET": partial(self.inspect, ref), b"DELETE": partial(self.remove, ref)})

    async def index(self, request: DockerRequest) -> None:
        query = VolumeQuery.of(request.arg)
        await settle_lists(self._fleet, "volumes")
        request.reply(200, volume_list(self._fleet.state, query))

    async def create(self, request: DockerRequest) -> None:
        answer = await self._manager.create(request.body, request.version)
        request.reply(answer.status, answer.body)

    async def inspect(self, ref: str, request: DockerRequest) -> None:
        found = await self._find(ref)
        self._forward(request, found)

    async def remove(self, ref: str, request: DockerRequest) -> None:
        found = await self._find(ref)
        self._forward(request, found, changes=True)

    async def prune(self, request: DockerRequest) -> None:
        """Asked in an older version an engine would delete named volumes too: refused there."""
        asked = request.version or self._fleet.api_version
        old = [e.name for e in self._fleet.healthy() if e.spec.api_max < ANONYMOUS_ONLY <= asked]
        if old:
            raise BadParameter(
                f"{', '.join(old)}: this engine's API prunes named volumes as well, which your "
                "client does not ask for; nothing was pruned. Remove volumes by name, or set "
                "DOCKER_API_VERSION=1.41 to prune all unused ones"
            )

        def path(engine: Engine) -> str:
            return target(self._fleet, request, engine, "volumes", "prune").decode()

        body = await prune(self._fleet, path, "VolumesDeleted")
        for engine in self._fleet.healthy():
            self._fleet.state.mark_stale(engine.key, "volumes")
        request.reply_json(200, body)

    async def _find(self, ref: str) -> Found[Volume]:
        await settle_lists(self._fleet, "volumes")
        return find_volume(self._fleet.state, ref)

    def _forward(
        self, request: DockerRequest, found: Found[Volume], *, changes: bool = False
    ) -> None:
        engine, name = found.engine, found.value.name

        def done(status: int) -> None:
            if changes:
                self._fleet.state.mark_stale(engine.key, "volumes")

        line = target(self._fleet, request, engine, "volumes", name)
        forward(request, self._fleet.link(engine), line, done=done)
