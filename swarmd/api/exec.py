"""``/exec/{id}``: start, resize, inspect, on the engine of the container it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from twisted.web.resource import IResource

from swarmd.api.container_actions import ContainerCall
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import MISSING, Noun, Route
from swarmd.cluster.lookup import find_exec
from swarmd.core.container.container_state import Container
from swarmd.core.errors import BadParameter, NoSuchExec
from swarmd.core.request.json_keys import EXEC_START, spelled
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.execs import find_exec_anywhere
from swarmd.manager.interfaces import FleetView
from swarmd.streams.forward import forward
from swarmd.streams.hijack import hijack

Send = Callable[[ContainerCall], None]


class Execs(Noun):
    """``/exec/…``"""

    def __init__(self, fleet: FleetView) -> None:
        super().__init__()
        self._fleet = fleet

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = self.consume(path, request)
        return ExecAction(self._fleet, *segments) if len(segments) == 2 else MISSING


class ExecAction(Route):
    """One action on one exec."""

    def __init__(self, fleet: FleetView, exec_id: str, action: str) -> None:
        handlers = {
            (b"POST", "start"): self.start,
            (b"POST", "resize"): self.ask,
            (b"GET", "json"): self.ask,
        }
        super().__init__(
            {method: call for (method, name), call in handlers.items() if name == action}
        )
        self._fleet = fleet
        self._id = exec_id
        self._action = action

    def ask(self, request: DockerRequest) -> Coroutine[Any, Any, None] | None:
        return self._with_owner(request, _ask)

    def start(self, request: DockerRequest) -> Coroutine[Any, Any, None] | None:
        try:
            detached = bool(request.body) and _detached(request.body)
        except (orjson.JSONDecodeError, AttributeError):
            raise BadParameter("invalid JSON in the body of exec start") from None
        return self._with_owner(request, _ask if detached else _attach)

    def _with_owner(self, request: DockerRequest, send: Send) -> Coroutine[Any, Any, None] | None:
        try:
            owner = find_exec(self._fleet.state, self._id)
        except NoSuchExec:
            return self._search(request, send)
        send(self._call(request, owner))
        return None

    async def _search(self, request: DockerRequest, send: Send) -> None:
        """Made before swarmd was started, or behind its back: the engines know."""
        send(self._call(request, await find_exec_anywhere(self._fleet, self._id)))

    def _call(self, request: DockerRequest, owner: Container) -> ContainerCall:
        fleet, engine = self._fleet, self._fleet.engine(owner)
        line = target(fleet, request, engine, "exec", self._id, self._action)
        return ContainerCall(fleet, request, owner, engine, fleet.link(engine), line)


def _detached(body: bytes) -> bool:
    return bool(spelled(orjson.loads(body), EXEC_START).get("Detach"))


def _ask(call: ContainerCall) -> None:
    forward(call.request, call.link, call.target, body=call.request.body)


def _attach(call: ContainerCall) -> None:
    hijack(call.request, call.link, call.target, call.request.body, content_type=call.stream_type)
