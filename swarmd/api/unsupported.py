"""What belongs to one engine's swarm mode or to one host's plugins, refused in Docker's own way.

Clients tear down with these routes and rely on the 503 of an engine outside swarm mode; a bare 404
would make them think that the server is too old.
"""

from __future__ import annotations

from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET

from swarmd.api.routing.resource import ErrorResource, Noun
from swarmd.core.errors import ApiError, NotFound, Unavailable
from swarmd.front.request import DockerRequest

SWARM_MODE = ("swarm", "nodes", "services", "tasks", "secrets", "configs")

NO_SWARM = Unavailable(
    "This node is not a swarm manager. swarmd places plain containers on its hosts: use "
    '"docker run" and "docker compose" instead of services, and "docker info" to see the nodes.'
)
_NO_PLUGINS = ApiError(
    "Not supported in clustering mode. Plugins belong to one host: manage them on its own engine.",
    501,
)


class Plugins(Noun):
    """``/plugins``: an empty list, so that ``docker inspect`` ends with its usual words."""

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        *name, action = self.consume(path, request)
        if request.method == b"GET" and name and action == "json":
            return ErrorResource(NotFound(f'plugin "{"/".join(name)}" not found'))
        return ErrorResource(_NO_PLUGINS)

    def render(self, request: DockerRequest) -> int:
        request.reply_json(200, [])
        return NOT_DONE_YET


def attach(root: Noun) -> None:
    for path in SWARM_MODE:
        root.putChild(path.encode(), ErrorResource(NO_SWARM))
    root.putChild(b"plugins", Plugins())
