"""What is asked of one image, wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from swarmd.api.lacking import warnings
from swarmd.api.resource import Handler
from swarmd.api.target import target
from swarmd.cluster.holders import has_repository, healthy_holders, holders_of_all, latest
from swarmd.core.errors import NoSuchImage
from swarmd.core.image_reference import parse_name, tag_target
from swarmd.core.model import Engine
from swarmd.core.names import natural
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import looked_up
from swarmd.manager.images.change import removed, tagged, unreached
from swarmd.manager.in_turn import ask_in_turn
from swarmd.streams.forward import forward
from swarmd.streams.tunnel import tunnel


class ImageAction:
    """One image, by any of its names."""

    def __init__(self, fleet: Fleet, ref: str) -> None:
        self._fleet = fleet
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
        in_turn = [*newest, *(engine for engine in engines if engine not in newest)]
        answer = await ask_in_turn(
            self._fleet, in_turn, "GET", self._target(request, action), absent=True
        )
        request.reply(answer.status, answer.body)

    async def _save(self, request: DockerRequest) -> None:
        state = self._fleet.state
        engines = await looked_up(self._fleet, "images", lambda: holders_of_all(state, [self._ref]))
        engine = latest(engines, self._ref)[0]
        tunnel(request, self._fleet.link(engine), self._target(request, "get")(engine))

    async def _push(self, request: DockerRequest) -> None:
        """From one node; an image that is nowhere, any engine refuses, within its stream."""
        engine = await self._pusher(request.arg("tag"))
        line = self._target(request, "push")(engine)
        forward(request, self._fleet.link(engine), line, body=request.body)

    async def _pusher(self, tag: str) -> Engine:
        try:
            return await looked_up(self._fleet, "images", lambda: self._best_pusher(tag))
        except NoSuchImage:
            for engine in self._fleet.healthy():
                return engine
            raise

    def _best_pusher(self, tag: str) -> Engine:
        """One that has the tag; without a tag the one with most tags of it."""
        if tag or not parse_name(self._ref).is_bare:
            ref = str(tag_target(self._ref, tag))
            return latest(healthy_holders(self._fleet.state, ref), ref)[0]
        engines = [e for e in self._fleet.healthy() if has_repository(e, self._ref)]
        if not engines:
            raise NoSuchImage(self._ref)
        return min(engines, key=lambda e: (-len(e.image_refs), natural(e.name)))

    async def _tag(self, request: DockerRequest) -> None:
        engines = latest(await self._holders(), self._ref)
        left_out = warnings(unreached(self._fleet, self._ref))
        await tagged(self._fleet, engines, self._target(request, "tag"))
        request.reply(201, headers=left_out)

    async def _remove(self, request: DockerRequest) -> None:
        engines = await self._holders()
        left_out = warnings(unreached(self._fleet, self._ref))
        gone = await removed(self._fleet, engines, self._target(request))
        request.reply(200, gone, headers=left_out)

    async def _holders(self) -> list[Engine]:
        state = self._fleet.state
        return await looked_up(self._fleet, "images", lambda: healthy_holders(state, self._ref))

    def _target(self, request: DockerRequest, *action: str) -> Callable[[Engine], bytes]:
        return lambda engine: target(self._fleet, request, engine, "images", self._ref, *action)
