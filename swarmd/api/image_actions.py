"""What is asked of one image, wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from swarmd.api.responses.warnings import warnings
from swarmd.api.routing.client_key import client_key
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import Handler
from swarmd.cluster.images.holders import healthy_holders, latest
from swarmd.core.errors import NoSuchImage
from swarmd.core.image.image_reference import parse_name, tag_target
from swarmd.core.model import Engine
from swarmd.front.request import DockerRequest
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.fleet.failover import ask_with_failover
from swarmd.manager.fleet.read_your_writes import looked_up, settle_containers, unsettled
from swarmd.manager.images.copying.gather import Gatherer
from swarmd.manager.images.platforms import asked_platforms
from swarmd.manager.images.remove import Removal
from swarmd.manager.images.tag import tagged, unreached
from swarmd.manager.interfaces import FleetView
from swarmd.streams.forward import forward
from swarmd.streams.tunnel import tunnel


class ImageAction:
    """One image, by any of its names."""

    def __init__(self, fleet: FleetView, gatherer: Gatherer, own: OwnImages, ref: str) -> None:
        self._fleet = fleet
        self._gatherer = gatherer
        self._own = own
        self._ref = ref

    def handler(self, method: bytes, action: str) -> tuple[Handler | None, bool]:
        """What answers, None if nothing does, and whether the body stays unread."""
        match method, action:
            case (b"GET", "json" | "history" | "attestations"):
                return partial(self._ask, action), False
            case (b"GET", "get"):
                return self._save, True
            case (b"POST", "tag"):
                return self._tag, False
            case (b"POST", "push"):
                return self._push, False
            case (b"DELETE", ""):
                return self._remove, False
        return None, False

    async def _ask(self, action: str, request: DockerRequest) -> None:
        """Any holder knows the same; one whose image has just gone says 404."""
        engines = await self._holders()
        newest = latest(engines, self._ref)
        ordered = [*newest, *(engine for engine in engines if engine not in newest)]
        answer = await ask_with_failover(
            self._fleet, ordered, "GET", self._target(request, action), absent=True
        )
        request.reply(answer.status, answer.body)

    async def _save(self, request: DockerRequest) -> None:
        engine = await self._gatherer.on_one([self._ref], platforms_of(request))
        tunnel(request, self._fleet.link(engine), self._target(request, "get")(engine))

    async def _push(self, request: DockerRequest) -> None:
        """From one node; an image that is nowhere, any engine refuses, within its stream.

        Without a tag it is all of them, which are brought together for that.
        """
        parse_name(self._ref)
        tag = request.arg("tag")
        what = str(tag_target(self._ref, tag)) if tag else self._ref
        try:
            engine = await self._gatherer.on_one([what], platforms_of(request))
        except NoSuchImage:
            if not self._fleet.healthy():
                raise
            engine = self._fleet.healthy()[0]
        line = self._target(request, "push")(engine)
        forward(request, self._fleet.link(engine), line, body=request.body)

    async def _tag(self, request: DockerRequest) -> None:
        engines = latest(await self._holders(), self._ref)
        left_out = warnings(unreached(self._fleet, self._ref))
        name = str(tag_target(request.arg("repo"), request.arg("tag")))
        await tagged(self._fleet, self._ref, engines, self._target(request, "tag"), name)
        self._own.note(client_key(request), [name])
        request.reply(201, headers=left_out)

    async def _remove(self, request: DockerRequest) -> None:
        await settle_containers(self._fleet, unsettled(self._fleet))
        engines = await self._holders()
        left_out = warnings(unreached(self._fleet, self._ref))
        removal = Removal(self._fleet, self._ref, self._target(request))
        gone = await removal.run(engines, force=request.flag("force"))
        request.reply(200, gone, headers=left_out)

    async def _holders(self) -> list[Engine]:
        state = self._fleet.state
        find = partial(healthy_holders, state, self._ref)
        return await looked_up(self._fleet, "images", find, [self._ref])

    def _target(self, request: DockerRequest, *action: str) -> Callable[[Engine], bytes]:
        return lambda engine: target(self._fleet, request, engine, "images", self._ref, *action)


def platforms_of(request: DockerRequest) -> list[str]:
    """Those that a save or a push is about; none if it is about all."""
    return asked_platforms(request.arg_list("platform"))
