"""The calls that tracking makes, and what is expected of their answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson

from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.request.version import NEWEST, OLDEST, Version, clamp, show
from swarmd.engine.interfaces import Answer, Link, Question

JsonObject = dict[str, Any]

# More than this many IDs in one query are dearer for the engine than its whole list.
MOST_IDS = 50
ONE_CONTAINER = "/containers/json?limit=1"
_PING = "/_ping"
# For answers that are known to be small.
_SMALL = 4 << 20
_MOST_WORDS = 1000  # letters of an engine's reason
_LARGE = 256 << 20


class EngineClient:
    """The calls to one engine; EngineUnreachable without an answer, EngineRefused if it refuses.

    Attributes:
        link: To ask what is not asked here.
    """

    def __init__(self, link: Link, timeout: float) -> None:
        self.link = link
        self._timeout = timeout
        self._version: Version | None = None

    def speak(self, lowest: Version, highest: Version) -> None:
        """Sets the API version of all lists, once it is known what the engine speaks."""
        self._version = clamp(NEWEST, max(OLDEST, lowest), highest)

    def target(self, path: str) -> str:
        return path if self._version is None else f"/v{show(self._version)}{path}"

    async def ping(self, timeout: float) -> None:
        """Whether it answers."""
        self._checked(await self.link.call("GET", _PING, timeout=timeout, limit=_SMALL))

    def ask_ping(self, on_result: Callable[[ApiError | None], None]) -> Question:
        """The same for who asks often and keeps the time: ``on_result`` gets None if well."""
        return self.link.ask(_PING, partial(self._judge_ping, on_result))

    def _judge_ping(
        self, on_result: Callable[[ApiError | None], None], outcome: Answer | EngineUnreachable
    ) -> None:
        if isinstance(outcome, EngineUnreachable):
            on_result(outcome)
        elif outcome.status != 200:
            on_result(EngineRefused(self.link.node, outcome.status, error_text(outcome)))
        else:
            on_result(None)

    def late(self, seconds: float) -> EngineUnreachable:
        """What it means that there was no answer for so long."""
        text = f"no answer within {seconds:g} s"
        return EngineUnreachable(self.link.node, text, silent=True)

    async def info(self) -> JsonObject:
        """Without a version, which is not known yet."""
        return self._object(self._checked(await self._get("/info", _SMALL)))

    async def about(self) -> JsonObject:
        """What ``/version`` says."""
        return self._object(self._checked(await self._get("/version", _SMALL)))

    async def container(self, container_id: str) -> JsonObject | None:
        """A whole inspect; None if there is no such container."""
        path = f"/containers/{quote(container_id, safe='')}/json"
        answer = await self._get(self.target(path), _LARGE)
        return None if answer.status == 404 else self._object(self._checked(answer))

    async def image(self, name: str) -> JsonObject | None:
        """The same of an image."""
        answer = await self._get(self.target(f"/images/{quote(name, safe='/:@')}/json"), _LARGE)
        return None if answer.status == 404 else self._object(self._checked(answer))

    async def listing(self, path: str, timeout: float = 0.0) -> bytes:
        """The body of a list as received: most are the same as the last time.

        Args:
            timeout: Seconds; 0 for that of all calls.
        """
        return self._checked(await self._get(self.target(path), _LARGE, timeout))

    def items(self, body: bytes) -> list[JsonObject]:
        return self._items(self._decoded(body))

    def volumes(self, body: bytes) -> tuple[list[JsonObject], list[str]]:
        """The items, and the warnings of volume drivers."""
        found = self._object(body)
        warnings = found.get("Warnings") or []
        return self._items(found.get("Volumes")), [str(warning) for warning in warnings]

    async def _get(self, target: str, limit: int, timeout: float = 0.0) -> Answer:
        timeout = timeout or self._timeout
        return await self.link.call("GET", target, timeout=timeout, limit=limit)

    def _checked(self, answer: Answer) -> bytes:
        if answer.status != 200:
            raise EngineRefused(self.link.node, answer.status, error_text(answer))
        return answer.body

    def _object(self, body: bytes) -> JsonObject:
        found = self._decoded(body)
        if not isinstance(found, dict):
            raise self._not_docker()
        return found

    def _items(self, found: Any) -> list[JsonObject]:
        """Go encodes an empty list as null where nobody took care."""
        if not isinstance(found or [], list):
            raise self._not_docker()
        return [item for item in found or [] if isinstance(item, dict)]

    def _decoded(self, body: bytes) -> Any:
        try:
            return orjson.loads(body)
        except ValueError:
            raise self._not_docker() from None

    def _not_docker(self) -> EngineRefused:
        return EngineRefused(self.link.node, 502, "the answer is not that of a Docker Engine")


def containers_path(ids: Collection[str] = ()) -> str:
    """Of the list of ``ids``, or of all containers."""
    if not ids:
        return "/containers/json?all=1"
    wanted = orjson.dumps({"id": dict.fromkeys(ids, True)})
    return "/containers/json?all=1&filters=" + quote(wanted, safe="")


def cause(error: ApiError) -> str:
    """What happened, without the name of the node: it is shown beside it."""
    return error.cause if isinstance(error, EngineUnreachable) else error.message


def is_silent(error: ApiError) -> bool:
    """Whether nothing came from the engine, so that it may be dead."""
    return isinstance(error, EngineUnreachable) and error.silent


def error_text(answer: Answer) -> str:
    """What an engine's error answer says, in one line."""
    try:
        message = str(orjson.loads(answer.body)["message"])[:_MOST_WORDS]
    except (ValueError, TypeError, KeyError):
        message = answer.body[:200].decode("utf-8", "replace").strip()
    return f"HTTP {answer.status}: {message}" if message else f"HTTP {answer.status}"
