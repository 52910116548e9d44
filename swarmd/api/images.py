"""``/images``: merged over the fleet, asked where they are, pulled where they are wanted."""

from __future__ import annotations

from functools import partial

from twisted.web.resource import IResource

from swarmd.api.resource import MISSING, Noun, Route, client_of
from swarmd.api.target import target
from swarmd.cluster.filters import ImageQuery
from swarmd.cluster.lookup import engines_with_image
from swarmd.cluster.views import image_list
from swarmd.core.errors import BadParameter, NoSuchImage, Unavailable
from swarmd.core.model import Engine
from swarmd.core.names import join_reference
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import settle_lists
from swarmd.manager.plans import Plans
from swarmd.manager.pull import pull_everywhere
from swarmd.streams.forward import forward
from swarmd.streams.tunnel import tunnel

AUTH = b"X-Registry-Auth"


class Images(Noun):
    """``/images/…``"""

    def __init__(self, fleet: Fleet, plans: Plans) -> None:
        super().__init__()
        self._fleet = fleet
        self._plans = plans
        self.add("json", GET=self.index)
        self.add("create", POST=self.pull)
        self.add("search", GET=self.search)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = self.consume(path, request)
        if request.method == b"DELETE":
            return ImageActions(self._fleet, "/".join(segments)).route("")
        return ImageActions(self._fleet, "/".join(segments[:-1])).route(segments[-1])

    async def index(self, request: DockerRequest) -> None:
        query = ImageQuery.of(request.arg)
        await settle_lists(self._fleet, "images")
        request.reply(200, image_list(self._fleet.state, query))

    async def pull(self, request: DockerRequest) -> None:
        image = join_reference(request.arg("fromImage"), request.arg("tag"))
        if not image:
            raise BadParameter("fromImage is missing: only pulls are possible here")
        planned = self._fleet.state.engines.get(self._plans.find(client_of(request), image) or "")
        if planned is not None and planned.healthy:
            self._pull_on(request, planned)
        else:
            await self._pull_on_all(request, image)

    def _pull_on(self, request: DockerRequest, engine: Engine) -> None:
        """One node: its output passes as it is."""
        line = target(self._fleet, request, engine, "images", "create")
        stale = partial(self._fleet.state.mark_stale, engine.key, "images")
        forward(request, self._fleet.link(engine), line, done=lambda status: stale())

    async def _pull_on_all(self, request: DockerRequest, image: str) -> None:
        engines = self._fleet.healthy()
        if not engines:
            raise Unavailable("No healthy node available in the cluster")
        auth = request.header(AUTH.lower())
        headers = ((AUTH, auth),) if auth else ()
        request.start(200, b"application/json")
        await pull_everywhere(
            self._fleet,
            engines,
            lambda engine: target(self._fleet, request, engine, "images", "create").decode(),
            headers,
            f"Pulled {image}",
            request.send,
        )
        request.finish()

    def search(self, request: DockerRequest) -> None:
        engines = self._fleet.healthy()
        if not engines:
            raise Unavailable("No healthy node available in the cluster")
        line = target(self._fleet, request, engines[0], "images", "search")
        forward(request, self._fleet.link(engines[0]), line)


class ImageActions:
    """What is asked of one image: any healthy node that holds it can answer."""

    def __init__(self, fleet: Fleet, ref: str) -> None:
        self._fleet = fleet
        self._ref = ref

    def route(self, action: str) -> IResource:
        if not self._ref:
            return MISSING
        match action:
            case "json" | "history":
                return Route({b"GET": partial(self._ask, action)})
            case "get":
                return Route({b"GET": partial(self._stream, action)}, takes_head=True)
        return MISSING

    async def _ask(self, action: str, request: DockerRequest) -> None:
        engine = await self._holder()
        line = target(self._fleet, request, engine, "images", self._ref, action)
        forward(request, self._fleet.link(engine), line)

    async def _stream(self, action: str, request: DockerRequest) -> None:
        engine = await self._holder()
        line = target(self._fleet, request, engine, "images", self._ref, action)
        tunnel(request, self._fleet.link(engine), line)

    async def _holder(self) -> Engine:
        """A healthy node that holds the image."""
        await settle_lists(self._fleet, "images")
        for engine in engines_with_image(self._fleet.state, self._ref):
            if engine.healthy:
                return engine
        raise NoSuchImage(self._ref)
