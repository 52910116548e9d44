"""The root of the tree: takes the version off the path and refuses what cannot be spoken."""

from __future__ import annotations

from twisted.web.resource import IResource

from swarmd.api.resource import Noun, Refusal
from swarmd.core import version
from swarmd.core.errors import BadParameter
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet import Fleet


class Root(Noun):
    """``/`` and ``/v1.N``: the same tree, with and without a version."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        asked = version.parse_prefix(path.decode("latin-1"))
        if asked is None or request.version is not None or not request.postpath:
            return super().getChild(path, request)
        try:
            version.check(asked, self._fleet.api_version)
        except BadParameter as refusal:
            return Refusal(refusal)
        request.version = asked
        return self
