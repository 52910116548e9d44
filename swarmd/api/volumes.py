"""``/volumes``: each listed with its node where names repeat, and asked where it lives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from twisted.web.resource import IResource

from swarmd.api.responses.warnings import warning_headers
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import ErrorResource, Noun, Route
from swarmd.api.unsupported import NO_SWARM
from swarmd.cluster.lookup import Found
from swarmd.cluster.views.filters import VolumeQuery, parse_filters
from swarmd.cluster.views.volume_list import using, volume_list
from swarmd.core.errors import NotFound
from swarmd.core.model import Engine, Volume
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fanout import Outcome, ask_engines, refusal
from swarmd.manager.fleet.read_your_writes import (
    looked_up,
    settle_containers,
    settle_lists,
    unsettled,
)
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.interfaces import FleetView
from swarmd.manager.volumes.local_volumes import LocalVolumes as Manager
from swarmd.manager.volumes.volume_prune import VolumePrune
from swarmd.streams.forward import forward

REMOVE = 30.0  # seconds
PRUNE_KEYS = frozenset({"all", "label", "label!"})


class Volumes(Noun):
    """``/volumes/…``"""

    def __init__(self, fleet: FleetView, manager: Manager) -> None:
        super().__init__()
        self._fleet = fleet
        self._manager = manager
        self.add("create", POST=self.create)
        self.add("prune", POST=self.prune)

    def render(self, request: DockerRequest) -> int:
        return Route({b"GET": self.index}).render(request)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        ref = "/".join(self.consume(path, request))
        if request.method == b"PUT":
            return ErrorResource(NO_SWARM)  # it changes volumes of a swarm, and nothing else
        return Route({b"GET": partial(self.inspect, ref), b"DELETE": partial(self.remove, ref)})

    async def index(self, request: DockerRequest) -> None:
        query = VolumeQuery.of(request.arg)
        await settle_lists(self._fleet, "volumes")
        if "dangling" in query.filters:
            await settle_containers(self._fleet, unsettled(self._fleet))
        rows = volume_list(self._fleet.state, query)
        request.reply_pieces(200, rows, headers=warning_headers(self._fleet, "volumes"))

    async def create(self, request: DockerRequest) -> None:
        answer = await self._manager.create(request.body, request.version)
        request.reply(answer.status, answer.body)

    async def inspect(self, ref: str, request: DockerRequest) -> None:
        found = await self._find(ref)
        engine = _healthy_first(found)[0]
        line = target(self._fleet, request, engine, "volumes", found.value.name)
        forward(request, self._fleet.link(engine), line)

    async def remove(self, ref: str, request: DockerRequest) -> None:
        """Copies are on all their nodes; a global volume is removed through one node.

        Where containers use that one, it is a node of theirs: no other knows of them.
        """
        try:
            found = await self._find(ref)
        except NotFound:
            if not request.flag("force"):
                raise
            request.reply(204)  # as engines do
            return
        engines = found.engines
        if found.value.scope != "local":
            await settle_containers(self._fleet, unsettled(self._fleet))
            users = using(self._fleet.state, found.value)
            engines = tuple(users or _healthy_first(found)[:1])
        outcomes = await shielded(self._remove(request, found, engines))
        if not all(outcome.ok for outcome in outcomes):
            raise refusal(outcomes)
        request.reply(204)

    async def _remove(
        self, request: DockerRequest, found: Found[Volume], engines: Sequence[Engine]
    ) -> list[Outcome]:
        path = partial(self._path, request, found.value.name)
        outcomes = await ask_engines(self._fleet, engines, "DELETE", path, timeout=REMOVE)
        for engine in (*found.engines, *engines):
            self._fleet.state.mark_stale(engine.key, "volumes")
        return outcomes

    async def prune(self, request: DockerRequest) -> None:
        filters = parse_filters(request.arg("filters"), PRUNE_KEYS)
        asked = request.version or self._fleet.api_version

        def path(engine: Engine) -> str:
            return target(self._fleet, request, engine, "volumes", "prune").decode()

        request.reply_json(200, await VolumePrune(self._fleet, asked, filters, path).run())

    async def _find(self, ref: str) -> Found[Volume]:
        state = self._fleet.state
        return await looked_up(self._fleet, "volumes", lambda: self._manager.find(ref, state))

    def _path(self, request: DockerRequest, name: str, engine: Engine) -> str:
        return target(self._fleet, request, engine, "volumes", name).decode()


def _healthy_first(found: Found[Volume]) -> list[Engine]:
    return sorted(found.engines, key=lambda engine: not engine.healthy)
