"""``/build``, ``/session`` and ``/grpc``: all calls of one build go to one engine.

The output is the engine's own, byte for byte; ``docker build -q`` prints a bare ID.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ISSLTransport
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.api.resource import Noun, Route, client_of
from swarmd.api.target import target
from swarmd.codec.query import parse_query
from swarmd.core.build import build_query, parse_build
from swarmd.core.errors import BadParameter
from swarmd.core.model import Engine
from swarmd.front.request import DockerRequest
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.placing import Builds
from swarmd.manager.fanout import ask_engines, first_success
from swarmd.manager.fleet import Fleet
from swarmd.manager.images.distribute import Distributor
from swarmd.manager.prune import prune
from swarmd.streams.hijack import hijack
from swarmd.streams.tunnel import tunnel

SESSION = b"x-docker-expose-session-uuid"

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
        self, fleet: Fleet, builds: Builds, builders: Builders, distributor: Distributor
    ) -> None:
        super().__init__()
        self._fleet = fleet
        self._builds = builds
        self._builders = builders
        self._distributor = distributor
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
        client = identity(request)
        engine = await self._builds.place(build, client)
        query = build_query(request.raw_query, build, self._builds.network_of(build))
        line = target(self._fleet, request, engine, "build", query=query)
        tunnel(request, self._fleet.link(engine), line, done=self._opened(client, engine))

    async def session(self, request: DockerRequest) -> None:
        """Without its ID an engine refuses it; so it may do that."""
        client = identity(request)
        uuid = (request.header(SESSION) or b"").decode("latin-1")
        self._join(request, client, await self._builds.session(uuid, client), b"/session")

    def grpc(self, request: DockerRequest) -> None:
        client = identity(request)
        self._join(request, client, self._builders.engine(client), b"/grpc")

    def _join(self, request: DockerRequest, client: str, engine: Engine, path: bytes) -> None:
        hijack(request, self._fleet.link(engine), path, done=self._opened(client, engine))

    def _opened(self, client: str, engine: Engine) -> Callable[[int], None]:
        """To be called when the call is over: it may have made images."""
        over = self._builders.opened(client, engine)
        before = self._distributor.refs(engine)

        def done(status: int) -> None:
            over(status)
            self._fleet.state.mark_stale(engine.key, "images")
            spreading = Deferred.fromCoroutine(self._distributor.spread(engine, before))
            spreading.addErrback(_report)

        return done

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


def identity(request: DockerRequest) -> str:
    """Who builds: the subject of the client's certificate, else its address."""
    transport: Any = request.channel.transport
    if ISSLTransport.providedBy(transport):
        certificate: Any = transport.getPeerCertificate()
        if certificate is not None:
            return f"subject {certificate.get_subject().get_components()!r}"
    return client_of(request)
