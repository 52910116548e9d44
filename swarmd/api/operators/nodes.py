"""``/swarmd/…``: nodes as operators see and change them. No engine has these paths."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from twisted.web.resource import IResource

from swarmd.api.operators.progress_lines import progress_lines
from swarmd.api.routing.resource import MISSING, Handler, Noun, Route
from swarmd.core.errors import BadParameter
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.nodes.operator import NodeOperator


class Nodes(Noun):
    """``/swarmd/nodes`` and ``/swarmd/nodes/NAME/ACTION``; NAME is a name, address or ID."""

    def __init__(self, operator: NodeOperator) -> None:
        super().__init__()
        self._operator = operator
        self._actions: dict[str, Callable[[str], dict[bytes, Handler]]] = {
            "": lambda ref: {b"GET": _reply(lambda request: operator.inspect(ref))},
            "cordon": lambda ref: {b"POST": _answer(lambda request: operator.cordon(ref, True))},
            "uncordon": lambda ref: {b"POST": _answer(lambda request: operator.cordon(ref, False))},
            "labels": lambda ref: {b"POST": _answer(lambda request: self._label(ref, request))},
            "drain": lambda ref: {b"POST": lambda request: self._drain(ref, request)},
            "lost": lambda ref: {b"POST": _answer(lambda request: operator.lost_for_good(ref))},
            "forget": lambda ref: {b"POST": _answer(lambda request: self._forget(ref, request))},
        }

    def render(self, request: DockerRequest) -> int:
        """``/swarmd/nodes`` itself."""
        return Route({b"GET": self._list}).render(request)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        """An address may be a path (unix:///run/docker.sock), so the action is the last segment."""
        segments = self.consume(path, request)
        action = segments.pop() if request.method == b"POST" else ""
        handlers = self._actions.get(action)
        if handlers is None or not segments:
            return MISSING
        return Route(handlers("/".join(segments)))

    def _list(self, request: DockerRequest) -> None:
        request.reply_json(200, self._operator.nodes())

    async def _label(self, ref: str, request: DockerRequest) -> Any:
        body = _object(request.body)
        add, remove = body.get("Add") or {}, body.get("Remove") or []
        texts = [*add, *add.values()] if isinstance(add, dict) else [None]
        if not isinstance(remove, list) or not all(isinstance(t, str) for t in [*texts, *remove]):
            raise BadParameter('labels are changed by {"Add": {"key": "value"}, "Remove": ["key"]}')
        return await self._operator.label(ref, add, remove)

    async def _forget(self, ref: str, request: DockerRequest) -> Any:
        container = request.arg("container")
        if not container:
            raise BadParameter("which container? ?container=NAME")
        return await self._operator.forget(ref, container)

    async def _drain(self, ref: str, request: DockerRequest) -> None:
        """Reports as lines of JSON; who leaves does not end the drain."""
        drain = await self._operator.drain(ref)
        request.on_gone(drain.follow(progress_lines(request)))


def _reply(ask: Callable[[DockerRequest], Any]) -> Handler:
    return lambda request: request.reply_json(200, ask(request))


def _answer(ask: Callable[[DockerRequest], Coroutine[Any, Any, Any]]) -> Handler:
    """A change; it goes on to its end when who asked leaves."""

    async def handle(request: DockerRequest) -> None:
        request.reply_json(200, await shielded(ask(request)))

    return handle


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    if not isinstance(decoded, dict):
        raise BadParameter("invalid JSON: an object is expected")
    return decoded
