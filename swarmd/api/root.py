"""The root of the tree: takes the version off the path and refuses what cannot be spoken."""

from __future__ import annotations

import re
from collections.abc import Callable

from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET

from swarmd.api.routing.resource import ErrorResource, Noun
from swarmd.core.errors import BadParameter
from swarmd.core.request import version
from swarmd.front.request import DockerRequest
from swarmd.manager.interfaces import FleetView

# What is asked all day, as clients write it; such names need neither decoding nor cleaning.
_OFTEN = re.compile(rb"(?:/v(\d{1,3})\.(\d{1,3}))?/containers/([0-9A-Za-z][\w.-]*+)/([a-z]++)")


def _seldom(method: bytes, name: str, action: str) -> None:
    """Every call takes the walk."""


class Root(Noun):
    """``/`` and ``/v1.N``: the same tree, with and without a version.

    Args:
        often: From method, name and action to what the walk would find; None for most.
    """

    def __init__(
        self, fleet: FleetView, often: Callable[[bytes, str, str], IResource | None] = _seldom
    ) -> None:
        super().__init__()
        self._fleet = fleet
        self._often = often

    def shortcut(self, request: DockerRequest) -> IResource | None:
        """One match in place of five steps of the walk: 4 us of a forwarded call's 40."""
        found = _OFTEN.fullmatch(request.path)
        if found is None:
            return None
        major, minor, name, action = found.groups()
        asked = None if major is None else (int(major), int(minor))
        if asked and not version.ACCEPTED_FLOOR <= asked <= self._fleet.api_version:
            return None
        resource = self._often(request.method, name.decode(), action.decode())
        if resource is not None:  # else the walk takes the version off
            request.version = asked
        return resource

    def getChildWithDefault(self, path: bytes, request: DockerRequest) -> IResource:
        """Asked for its options, an engine answers with nothing, whatever the path."""
        if request.method != b"OPTIONS":
            return super().getChildWithDefault(path, request)
        refusal = self._refusal(version.parse_prefix(path.decode("latin-1")))
        return NOTHING if refusal is None else refusal

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        asked = version.parse_prefix(path.decode("latin-1"))
        if asked is None or request.version is not None or not request.postpath:
            return super().getChild(path, request)
        refusal = self._refusal(asked)
        if refusal is not None:
            return refusal
        request.version = asked
        return self

    def _refusal(self, asked: version.Version | None) -> ErrorResource | None:
        try:
            if asked is not None:
                version.check(asked, self._fleet.api_version)
        except BadParameter as error:
            return ErrorResource(error)
        return None


class _Nothing(Resource):
    isLeaf = True

    def render(self, request: DockerRequest) -> int:
        request.reply(200)
        return NOT_DONE_YET


NOTHING = _Nothing()
