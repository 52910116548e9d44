"""The request line towards an engine, built from parts, never by substitution in the client's."""

from __future__ import annotations

import re
from urllib.parse import quote

from swarmd.core.model import Engine
from swarmd.core.request import version
from swarmd.front.request import DockerRequest
from swarmd.manager.interfaces import FleetView

_PLAIN = re.compile(r"[0-9A-Za-z/_.~:@-]*+")  # stays as it is, which quote needs longer to find


def target(
    fleet: FleetView,
    request: DockerRequest,
    engine: Engine,
    *parts: str,
    query: bytes | None = None,
) -> bytes:
    """Path and query in the version that ``engine`` speaks; ``query`` replaces the client's."""
    asked = fleet.version_for(engine, request.version)
    path = engine.ids.own_in("/".join(parts))
    if not _PLAIN.fullmatch(path):
        path = quote(path, safe="/:@")
    tail = request.raw_query if query is None else query
    line = f"/v{version.show(asked)}/{path}".encode()
    return line + b"?" + tail if tail else line
