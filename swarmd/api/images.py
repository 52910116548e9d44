"""``/images``: merged over the fleet, asked where they are, put where they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.web.resource import IResource

from swarmd.api.image_actions import ImageAction, platforms_of
from swarmd.api.responses.progress_response import ProgressResponse
from swarmd.api.responses.warnings import warning_headers, warnings
from swarmd.api.routing.client_key import client_key
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import MISSING, Noun, Route, client_of
from swarmd.cluster.images.image_lookup import engines_with_image
from swarmd.cluster.views.filters import ImageQuery, truth
from swarmd.cluster.views.image_details import COUNTED_SINCE, NO_DETAILS
from swarmd.cluster.views.image_list import image_list
from swarmd.core.errors import BadParameter
from swarmd.core.image.image_reference import pull_target, tag_target
from swarmd.core.model import Engine
from swarmd.core.request.filter_arguments import read_filters
from swarmd.core.request.media import ARCHIVE
from swarmd.core.request.version import Version
from swarmd.front.request import DockerRequest
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.completeness import unanswered, unasked
from swarmd.manager.fleet.failover import ask_with_failover, by_load
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_lists, unsettled
from swarmd.manager.images.copying.gather import Gatherer
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.images.engine_details import list_details
from swarmd.manager.images.load import Loader
from swarmd.manager.images.prune import prune_images
from swarmd.manager.images.pull import Puller
from swarmd.manager.images.targets import HEADER, QUERY, engines_for
from swarmd.manager.images.tee import Tee
from swarmd.manager.interfaces import FleetView
from swarmd.streams.forward import forward
from swarmd.streams.tunnel import tunnel

AUTH = b"X-Registry-Auth"
# Parameters of the list, and the first API that knows them.
_DETAILS: tuple[tuple[str, Version], ...] = (
    *(("shared-size", (1, 42)), ("manifests", (1, 47)), ("identity", (1, 54))),
)
_TAR = (b"Content-Type", ARCHIVE.sent_as)


class Images(Noun):
    """``/images/…``"""

    def __init__(self, fleet: FleetView, plans: PullPlans, supply: Supply, own: OwnImages) -> None:
        super().__init__()
        self._fleet = fleet
        self._plans = plans
        self._gatherer = Gatherer(fleet, supply)
        self._own = own
        self.add("json", GET=self.index)
        self.add("search", GET=self.search)
        self.add("prune", POST=self.prune)
        self.putChild(b"create", Route({b"POST": self.create}, takes_head=_is_import))
        self.putChild(b"load", Route({b"POST": self.load}, takes_head=True))
        self.putChild(b"get", Route({b"GET": self.save}, takes_head=True))

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = self.consume(path, request)
        action = "" if request.method == b"DELETE" else segments.pop()
        ref = "/".join(segments)
        of_one = ImageAction(self._fleet, self._gatherer, self._own, ref)
        handler, takes_head = of_one.handler(request.method, action)
        if handler is None or not ref:
            return MISSING
        return Route({request.method: handler}, takes_head=takes_head)

    async def index(self, request: DockerRequest) -> None:
        fleet = self._fleet
        query, version = ImageQuery.of(request.arg), request.version or fleet.api_version
        if version >= COUNTED_SINCE:
            await settle_containers(fleet, unsettled(fleet))
        await settle_lists(fleet, "images")
        details, headers = NO_DETAILS, warning_headers(fleet, "images")
        if asked := details_of(request, version):
            line = self._target(request, "json", query=asked)
            details, outcomes = await list_details(fleet, lambda engine: line(engine).decode())
            headers = warnings([*unasked(fleet), *unanswered(outcomes)])
        rows = image_list(fleet.state, query, fleet.now(), version, details)
        request.reply_pieces(200, rows, headers=headers)

    async def search(self, request: DockerRequest) -> None:
        line = self._target(request, "search")
        answer = await ask_with_failover(
            self._fleet, by_load(self._fleet), "GET", line, headers=passed_on(request)
        )
        request.reply(answer.status, answer.body)

    async def prune(self, request: DockerRequest) -> None:
        line = self._target(request, "prune")
        unreached = warnings(unasked(self._fleet))
        dangling = read_filters(request.arg("filters")).get("dangling", ())
        named = any(not truth(value) for value in dangling)
        body = await prune_images(self._fleet, lambda one: line(one).decode(), named=named)
        request.reply(200, orjson.dumps(body) + b"\n", headers=unreached)

    # Onto the nodes

    def create(self, request: DockerRequest) -> Coroutine[Any, Any, None] | None:
        if _is_import(request):
            return self._import(request)
        if not request.arg("fromImage"):
            raise BadParameter("fromImage or fromSrc must say what to create")
        image = pull_target(request.arg("fromImage"), request.arg("tag"))
        planned = self._plans.take_pull(client_of(request), str(image))
        engine = self._fleet.state.engines.get(planned or "")
        if engine is not None and engine.healthy:
            self._pull_on(request, engine, str(image))
            return None
        if image.is_bare:  # all its tags
            return self._pull_everywhere(request, image.repository)
        return self._pull_everywhere(request, str(image), str(image))

    def _pull_on(self, request: DockerRequest, engine: Engine, name: str) -> None:
        """One node: its output passes as it is."""
        line = self._target(request, "create")(engine)
        forward(request, self._fleet.link(engine), line, done=self._changed(engine, name))

    async def _pull_everywhere(self, request: DockerRequest, image: str, *names: str) -> None:
        engines = engines_for(self._fleet, constraints_of(request))
        response = ProgressResponse(request)
        line = self._target(request, "create")
        puller = Puller(self._fleet, line, passed_on(request), response.console, names)
        await response.until(puller.run(engines, f"Pulled {image}"))

    async def _import(self, request: DockerRequest) -> None:
        """On one node: each engine would make an image of its own, with another ID.

        A node that has the tag already is the one, so that the tag means one thing.
        """
        await settle_lists(self._fleet, "images")
        engines = engines_for(self._fleet, constraints_of(request))
        name = request.arg("repo") and str(tag_target(request.arg("repo"), request.arg("tag")))
        holders = engines_with_image(self._fleet.state, name) if name else []
        best = [each for each in by_load(self._fleet) if each in engines]
        engine = next((each for each in best if each in holders), best[0])
        line = self._target(request, "create")(engine)
        names = [name] if name else []
        self._own.note(client_key(request), names)
        tunnel(request, self._fleet.link(engine), line, done=self._changed(engine, *names))

    async def load(self, request: DockerRequest) -> None:
        """One upload for every node; like the pull, but with the body."""
        engines = engines_for(self._fleet, constraints_of(request))
        response, tee = ProgressResponse(request), Tee(request.hold_body)
        line = self._target(request, "load")
        headers = [*passed_on(request), _TAR]
        loader = Loader(self._fleet, line, headers, response.console, tee)
        client = client_key(request)
        running = Deferred.fromCoroutine(loader.run(engines, quiet=request.flag("quiet")))
        request.stream_body(tee)
        await response.until(running)
        self._own.note(client, loader.names)
        for engine in engines:
            self._fleet.state.images_changed(engine.key, loader.names)

    # From the nodes

    async def save(self, request: DockerRequest) -> None:
        names = request.arg_list("names")
        if not names:
            raise BadParameter("no image to save was named")
        engine = await self._gatherer.on_one(_split(names), platforms_of(request))
        tunnel(request, self._fleet.link(engine), self._target(request, "get")(engine))

    def _target(
        self, request: DockerRequest, action: str, query: bytes | None = None
    ) -> Callable[[Engine], bytes]:
        return partial(_line, self._fleet, request, action, query)

    def _changed(self, engine: Engine, *names: str) -> Callable[[int], None]:
        return lambda status: self._fleet.state.images_changed(engine.key, names)


def _line(
    fleet: FleetView, request: DockerRequest, action: str, query: bytes | None, engine: Engine
) -> bytes:
    return target(fleet, request, engine, "images", action, query=query)


def details_of(request: DockerRequest, version: Version) -> bytes:
    """The query for what only engines know of all images; b"" if none of that was asked for."""
    asked = [name for name, since in _DETAILS if version >= since and request.flag(name)]
    if "identity" in asked and "manifests" not in asked:
        raise BadParameter("conflicting options: identity requires manifests=1")
    return b"&".join([b"all=1", *(b"%b=1" % name.encode() for name in asked)]) if asked else b""


def _is_import(request: DockerRequest) -> bool:
    """With both an engine pulls."""
    return bool(request.arg("fromSrc")) and not request.arg("fromImage")


def _split(names: Sequence[str]) -> list[str]:
    """Some clients send one parameter for all."""
    return list(dict.fromkeys(one for name in names for one in name.split(",") if one))


def passed_on(request: DockerRequest) -> list[tuple[bytes, bytes]]:
    """What an engine must hear of the client's request when swarmd asks in its name."""
    given = request.header(AUTH.lower())
    return [] if given is None else [(AUTH, given)]


def constraints_of(request: DockerRequest) -> list[str]:
    """Expressions that say which nodes are meant, from the header and the query."""
    text = (request.header(HEADER) or b"").decode("latin-1")
    listed = [one.strip() for one in text.split(",")]
    return [one for one in (*listed, *request.arg_list(QUERY)) if one]
