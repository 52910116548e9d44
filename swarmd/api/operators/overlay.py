"""``/swarmd/overlay``: the swarm of engines that carries networks over nodes."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from swarmd.api.operators.progress_lines import progress_lines
from swarmd.api.routing.resource import Noun, Route
from swarmd.core.errors import BadParameter
from swarmd.core.expressions import parse_expressions
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.overlay.overlay import Overlay


class OverlayResource(Noun):
    """The routes ``GET /swarmd/overlay``, ``POST /swarmd/overlay/up`` and ``…/down``."""

    def __init__(self, overlay: Overlay) -> None:
        super().__init__()
        self._overlay = overlay
        self.add("up", POST=self.up)
        self.add("down", POST=self.down)

    def render(self, request: DockerRequest) -> int:
        """``/swarmd/overlay`` itself."""
        return Route({b"GET": self.status}).render(request)

    async def status(self, request: DockerRequest) -> None:
        request.reply_json(200, await self._overlay.status())

    async def up(self, request: DockerRequest) -> None:
        """Reports as lines of JSON; it goes on when who asked leaves."""
        constraints = _constraints(request.body)
        self._overlay.claim("up")
        await shielded(self._overlay.up(constraints, progress_lines(request)))

    async def down(self, request: DockerRequest) -> None:
        """Likewise."""
        self._overlay.claim("down")
        await shielded(self._overlay.down(progress_lines(request)))


def _constraints(body: bytes) -> Sequence[str] | None:
    """None where nothing is said, which is another thing than no constraint."""
    try:
        asked = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    given = asked.get("Constraints") if isinstance(asked, dict) else ...
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadParameter('constraints are given by {"Constraints": ["zone==a"]}')
    parse_expressions(given)
    return tuple(given)
