"""``GET /swarmd/managers``: the swarmds that serve this fleet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarmd.core.errors import NotFound
from swarmd.front.request import DockerRequest


class ManagersResource:
    """The route of the managers.

    Args:
        view: Makes the answer; None where this swarmd is alone.
    """

    def __init__(self, view: Callable[[], list[dict[str, Any]]] | None) -> None:
        self._view = view

    def managers(self, request: DockerRequest) -> None:
        if self._view is None:
            raise NotFound("this swarmd is alone: it was started without --store")
        request.reply_json(200, self._view())
