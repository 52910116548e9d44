"""What only a registry knows: any engine that reaches it can ask."""

from __future__ import annotations

from functools import partial

from twisted.web.resource import IResource

from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import MISSING, Noun, Route
from swarmd.core.model import Engine
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.failover import ask_with_failover, by_load
from swarmd.manager.interfaces import FleetView

AUTH = b"X-Registry-Auth"


class Registry:
    """The routes that ask a registry: ``/auth`` and ``/distribution/…/json``."""

    def __init__(self, fleet: FleetView) -> None:
        self._fleet = fleet

    def attach(self, root: Noun) -> None:
        root.add("auth", POST=self.login)
        root.putChild(b"distribution", Distribution(self))

    async def login(self, request: DockerRequest) -> None:
        """Checks credentials; nothing is kept, clients send them with each call."""
        await self.ask(request, "auth")

    async def ask(self, request: DockerRequest, *parts: str) -> None:
        def line(engine: Engine) -> bytes:
            return target(self._fleet, request, engine, *parts)

        given = request.header(AUTH.lower())
        answer = await ask_with_failover(
            self._fleet,
            by_load(self._fleet),
            request.method.decode(),
            line,
            body=request.body,
            headers=[(AUTH, given)] if given else [],
        )
        request.reply(answer.status, answer.body)


class Distribution(Noun):
    """``/distribution/NAME/json``, where the name may contain slashes."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = self.consume(path, request)
        if len(segments) < 2 or segments[-1] != "json":
            return MISSING
        return Route({b"GET": partial(self._look_up, segments[:-1])})

    async def _look_up(self, name: list[str], request: DockerRequest) -> None:
        await self._registry.ask(request, "distribution", *name, "json")
