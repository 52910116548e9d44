"""References in engines' errors: asked by ID, they become what the client named."""

from __future__ import annotations

import re
from urllib.parse import unquote

import orjson

from swarmd.front.request import DockerRequest

_REFERENCE = re.compile(rb"/containers/(.+)/[^/]+\Z")
_REMOVED = re.compile(rb"/containers/(.+)\Z")
_REPEATED = re.compile(
    rb"([Cc]annot (?:stop|restart|kill) container:? (?=[0-9a-f]{64}:)"
    rb"|cannot remove container \\\"(?=[0-9a-f]{64}\\\":)"
    rb"|Could not find the file .* in container (?=[0-9a-f]{64}\"\})"
    rb"|Container (?=[0-9a-f]{64} is paused, unpause the container before exec))[0-9a-f]{64}"
)


def as_asked(body: bytes, container_id: str, request: DockerRequest) -> bytes:
    """An error that repeats what it was asked for has the client's own reference, not our ID."""
    found = (_REMOVED if request.method == b"DELETE" else _REFERENCE).search(request.path)
    if found is None or (our_id := container_id.encode()) not in body:
        return body
    own = orjson.dumps(unquote(found[1].decode("utf-8", "replace")))[1:-1]
    return _REPEATED.sub(lambda said: said[1] + own, body) if own != our_id else body
