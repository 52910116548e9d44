"""``/build``, ``/session`` and ``/grpc``: all calls of one build go to one engine.

The output is the engine's own, byte for byte; ``docker build -q`` prints a bare ID.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.api.routing.client_key import client_key
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import Noun, Route
from swarmd.codec.query import parse_query
from swarmd.core.errors import BadParameter
from swarmd.core.image.build_request import build_query, parse_build
from swarmd.core.model import Engine
from swarmd.front.request import DockerRequest
from swarmd.manager.builds.base_images import BaseImages
from swarmd.manager.builds.build_context import BuildContext
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.fleet.fanout import ask_engines, first_success
from swarmd.manager.images.copying.distribute import Distributor
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.prune import prune
from swarmd.streams.hijack import hijack
from swarmd.streams.read_upload import read_tunnel
from swarmd.streams.tunnel import tunnel

SESSION = b"x-docker-expose-session-uuid"
# A build by buildx does not say what it names; most often it is what its client has named before.
MOST_REBUILT = 8

# Within a scope: what is in the cache has no label, as ``df`` has it there.
_NOBODYS = {
    "CachesDeleted": None,
    "SpaceReclaimed": 0,
    "Warnings": ["the build cache belongs to no scope: nothing of it was removed"],
}

_log = Logger()


class Build(Noun):
    """``/build…``, and its two upgraded companions."""

    def __init__(
        self,
        fleet: FleetView,
        builds: BuildPlacement,
        builders: Builders,
        distributor: Distributor,
        bases: BaseImages,
        own: OwnImages,
    ) -> None:
        super().__init__()
        self._fleet = fleet
        self._builds = builds
        self._builders = builders
        self._distributor = distributor
        self._bases = bases
        self._own = own
        self.add("cancel", POST=self.cancel)
        self.add("prune", POST=self.prune)

    def attach(self, root: Noun) -> None:
        root.putChild(b"build", self)
        root.add("session", POST=self.session)
        root.add("grpc", POST=self.grpc)

    def takes_head(self, request: DockerRequest) -> bool:
        """The context is passed on as it comes."""
        return True

    def render(self, request: DockerRequest) -> int:
        return Route({b"POST": self.build}).render(request)

    render_head = render

    async def build(self, request: DockerRequest) -> None:
        build = parse_build(parse_query(request.raw_query))
        client = client_key(request)
        engine = await self._builds.place(build, client)
        if (build.buildkit or request.arg("remote")) and not build.uploads_for:
            await self._bases.bring(self._own.of(client), engine)
        query = build_query(request.raw_query, build, self._builds.network_of(build))
        line = target(self._fleet, request, engine, "build", query=query)
        link, done = self._fleet.link(engine), self._opened(client, engine, build.images)
        if build.buildkit or build.uploads_for:
            tunnel(request, link, line, done=done)
            return
        context = BuildContext(
            request.arg("dockerfile"), build.arguments, partial(self._bring, engine)
        )
        read_tunnel(request, link, line, context, done=done)

    async def session(self, request: DockerRequest) -> None:
        """Without its ID an engine refuses it; so it may do that."""
        client = client_key(request)
        uuid = (request.header(SESSION) or b"").decode("latin-1")
        await self._join(request, client, await self._builds.session(uuid, client), b"/session")

    async def grpc(self, request: DockerRequest) -> None:
        client = client_key(request)
        await self._join(request, client, self._builders.engine(client), b"/grpc")

    async def _join(self, request: DockerRequest, client: str, engine: Engine, path: bytes) -> None:
        """What a build by BuildKit needs is in no call; so all that its client made is there."""
        await self._bases.bring(self._own.of(client), engine)
        names = self._own.of(client)[:MOST_REBUILT]
        hijack(request, self._fleet.link(engine), path, done=self._opened(client, engine, names))

    def _opened(
        self, client: str, engine: Engine, names: Sequence[str] = ()
    ) -> Callable[[int], None]:
        """To be called when the call is over: it may have made images, of ``names`` most likely."""
        over = self._builders.opened(client, engine)
        before = self._distributor.refs(engine)

        def done(status: int) -> None:
            over(status)
            self._fleet.state.images_changed(engine.key, names)
            note = partial(self._own.note, client)
            spreading = Deferred.fromCoroutine(self._distributor.spread(engine, before, note))
            spreading.addErrback(_report)

        return done

    def _bring(self, engine: Engine, images: list[str]) -> Deferred[None]:
        return Deferred.fromCoroutine(self._bases.bring(images, engine))

    async def cancel(self, request: DockerRequest) -> None:
        build_id = request.arg("id")
        if not build_id:
            raise BadParameter("build ID not provided")
        engine = self._builds.engine_of(build_id)
        engines = self._fleet.healthy() if engine is None else [engine]
        path = partial(self._path, request, "cancel")
        first_success(await ask_engines(self._fleet, engines, "POST", path))
        request.reply(200)

    async def prune(self, request: DockerRequest) -> None:
        if self._fleet.scope is not None:
            request.reply_json(200, _NOBODYS)
            return
        body = await prune(self._fleet, partial(self._path, request, "prune"), "CachesDeleted")
        request.reply_json(200, body)

    def _path(self, request: DockerRequest, action: str, engine: Engine) -> str:
        return target(self._fleet, request, engine, "build", action).decode()


def _report(failure: Failure) -> None:
    _log.failure("images could not be distributed", failure)
