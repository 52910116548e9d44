"""Every route of the API, told once: what right it needs, what its body is, what becomes of it.

Rights, content types and the audit are made from this table, and a test holds the resource tree to
it. What is not here takes JSON, and is denied to all but administrators until somebody has thought
about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from swarmd.core.request.media import ARCHIVE, FORM, IGNORED, JSON, PLAIN_ARCHIVE, Media


class ApiRoute(NamedTuple):
    """One path of the API, for some methods.

    Attributes:
        methods: Separated by spaces.
        path: Without its version; "*" is a name, which may contain slashes, "+" one that may not.
        noun, verb: The right that it needs.
        scoped: That right can be had within a label scope.
        media: What its body may be.
        asks: It changes nothing, whatever its method.
        at_once: It is answered from what is known, also right after the start.
        public: It tells so little that it is answered under any Host.
    """

    methods: str
    path: str
    noun: str
    verb: str
    scoped: bool
    media: Media = JSON
    asks: bool = False
    at_once: bool = False
    public: bool = False


ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET HEAD OPTIONS", "_ping", "system", "ping", True, at_once=True),
    *(
        ApiRoute("GET HEAD", probe, "system", "ping", True, at_once=True, public=True)
        for probe in ("healthz", "readyz")
    ),
    ApiRoute("GET", "version", "system", "read", True, at_once=True),
    ApiRoute("GET", "info", "system", "read", True, at_once=True),
    ApiRoute("GET", "events", "system", "events", True),
    ApiRoute("GET", "system/df", "system", "read", True),
    ApiRoute("POST", "auth", "registry", "login", True),
    ApiRoute("GET", "distribution/*/json", "registry", "read", True),
    ApiRoute("GET", "images/search", "registry", "read", True),
    ApiRoute("GET", "containers/json", "containers", "read", True),
    ApiRoute("GET", "containers/ps", "containers", "read", True),
    ApiRoute("POST", "containers/create", "containers", "run", True),
    ApiRoute("POST", "containers/prune", "containers", "prune", True),
    *(
        ApiRoute("GET", f"containers/*/{action}", "containers", "read", True)
        for action in ("json", "top", "stats", "changes")
    ),
    ApiRoute("GET", "containers/*/logs", "containers", "logs", True),
    ApiRoute("GET", "containers/*/export", "containers", "copy", True),
    ApiRoute("GET HEAD", "containers/*/archive", "containers", "copy", True),
    ApiRoute("PUT", "containers/*/archive", "containers", "copy", True, PLAIN_ARCHIVE),
    ApiRoute("POST", "containers/*/copy", "containers", "copy", True),
    ApiRoute("GET", "containers/*/attach/ws", "containers", "attach", True),
    ApiRoute("POST", "containers/*/attach", "containers", "attach", True),
    ApiRoute("GET POST", "containers/*/resize", "containers", "run", True, asks=True),
    *(
        ApiRoute("POST", f"containers/*/{action}", "containers", "run", True)
        for action in ("start", "stop", "restart", "kill", "pause", "unpause", "update")
    ),
    ApiRoute("POST", "containers/*/rename", "containers", "run", True),
    ApiRoute("POST", "containers/*/wait", "containers", "run", True, IGNORED, asks=True),
    ApiRoute("GET POST", "containers/*/checkpoints", "containers", "checkpoint", False),
    ApiRoute("DELETE", "containers/*/checkpoints/+", "containers", "checkpoint", False),
    ApiRoute("DELETE", "containers/*", "containers", "remove", True),
    ApiRoute("POST", "containers/*/exec", "containers", "exec", True),
    ApiRoute("POST", "exec/+/start", "containers", "exec", True),
    ApiRoute("POST", "exec/+/resize", "containers", "exec", True, asks=True),
    ApiRoute("GET", "exec/+/json", "containers", "exec", True),
    ApiRoute("POST", "commit", "images", "commit", True),
    ApiRoute("GET", "images/json", "images", "read", True),
    ApiRoute("GET", "images/*/json", "images", "read", True),
    ApiRoute("GET", "images/*/history", "images", "read", True),
    ApiRoute("GET", "images/*/attestations", "images", "read", True),
    ApiRoute("POST", "images/create", "images", "pull", True, PLAIN_ARCHIVE),
    ApiRoute("POST", "images/load", "images", "load", False, ARCHIVE),
    ApiRoute("GET", "images/get", "images", "save", True),
    ApiRoute("GET", "images/*/get", "images", "save", True),
    ApiRoute("POST", "images/*/tag", "images", "tag", True),
    ApiRoute("POST", "images/*/push", "images", "push", True, IGNORED),
    ApiRoute("POST", "images/prune", "images", "prune", True),
    ApiRoute("DELETE", "images/*", "images", "remove", True),
    ApiRoute("POST", "build", "images", "build", True, ARCHIVE),
    ApiRoute("POST", "build/cancel", "images", "build", False),
    ApiRoute("POST", "build/prune", "images", "prune", True),
    ApiRoute("POST", "session", "images", "buildkit", False),
    ApiRoute("POST", "grpc", "images", "buildkit", False),
    ApiRoute("GET", "networks", "networks", "read", True),
    ApiRoute("GET", "networks/", "networks", "read", True),
    ApiRoute("POST", "networks/create", "networks", "create", True),
    ApiRoute("POST", "networks/prune", "networks", "prune", True),
    ApiRoute("POST", "networks/*/connect", "networks", "connect", True),
    ApiRoute("POST", "networks/*/disconnect", "networks", "connect", True),
    ApiRoute("GET", "networks/*", "networks", "read", True),
    ApiRoute("DELETE", "networks/*", "networks", "remove", True),
    ApiRoute("GET", "volumes", "volumes", "read", True),
    ApiRoute("POST", "volumes/create", "volumes", "create", True),
    ApiRoute("POST", "volumes/prune", "volumes", "prune", True),
    ApiRoute("GET", "volumes/*", "volumes", "read", True),
    ApiRoute("DELETE", "volumes/*", "volumes", "remove", True),
    ApiRoute("GET", "plugins", "plugins", "read", True),
    ApiRoute("GET", "plugins/*/json", "plugins", "read", True),
    *(
        ApiRoute("GET", path, "swarm", "read", True)
        for noun in ("nodes", "services", "tasks", "secrets", "configs")
        for path in (noun, f"{noun}/*")
    ),
    ApiRoute("GET", "swarm", "swarm", "read", True),
    ApiRoute("GET", "swarmd/nodes", "fleet", "read", False),
    ApiRoute("GET", "swarmd/nodes/*", "fleet", "read", False),
    ApiRoute("GET", "swarmd/managers", "fleet", "read", False),
    ApiRoute("GET", "swarmd/metrics", "fleet", "read", False),
    ApiRoute("GET", "swarmd/usage", "fleet", "read", False),
    ApiRoute("GET", "swarmd/ports", "fleet", "read", False),
    ApiRoute("GET", "swarmd/policy", "fleet", "read", False),
    ApiRoute("POST", "swarmd/rebalance/plan", "fleet", "read", False, asks=True),
    ApiRoute("POST", "swarmd/rebalance", "fleet", "admin", False),
    ApiRoute("POST", "swarmd/explain", "fleet", "read", False, asks=True),
    ApiRoute("GET", "swarmd/overlay", "fleet", "read", False),
    ApiRoute("POST", "swarmd/overlay/up", "fleet", "admin", False),
    ApiRoute("POST", "swarmd/overlay/down", "fleet", "admin", False),
    ApiRoute("POST", "swarmd/nodes/*", "fleet", "admin", False),
    ApiRoute("GET", "swarmd", "system", "read", True),
    ApiRoute("GET", "swarmd/", "system", "read", True),
    # Style and scripts, which tell nothing.
    ApiRoute("GET", "swarmd/ui/static/*", "system", "ping", True),
    ApiRoute("GET", "swarmd/ui/containers", "containers", "read", True),
    ApiRoute("GET", "swarmd/ui/containers/*", "containers", "read", True),
    ApiRoute("GET", "swarmd/ui/nodes/*", "fleet", "read", False),
    ApiRoute("GET", "swarmd/ui/placement", "fleet", "read", False),
    ApiRoute("POST", "swarmd/ui/placement", "fleet", "read", False, FORM, asks=True),
    ApiRoute("GET", "swarmd/ui/events", "system", "events", True),
    *(
        ApiRoute("POST", f"swarmd/ui/nodes/*/{action}", "fleet", "admin", False, FORM)
        for action in ("cordon", "uncordon", "labels", "drain", "lost", "forget")
    ),
)

PUBLIC_PATHS = frozenset(f"/{route.path}".encode() for route in ROUTES if route.public)
# By method and path, a name as "*"; of those whose body is not plain JSON.
_MEDIA = {
    (method, route.path.replace("+", "*")): route.media
    for route in ROUTES
    for method in route.methods.split()
    if route.media is not JSON
}


# Words before a name, in paths that go on behind it.
_BEFORE_NAMES = (3, 1)


def media_of(method: str, segments: Sequence[str]) -> Media:
    """What a route takes; ``segments`` are its path without the version."""
    paths = ["/".join(segments)]
    for before in _BEFORE_NAMES:
        if len(segments) > before + 1:
            paths.append("/".join((*segments[:before], "*", segments[-1])))
    return next((_MEDIA[method, path] for path in paths if (method, path) in _MEDIA), JSON)
