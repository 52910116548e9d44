"""How work on the fleet is told while it is done: an object of JSON a line, the last says so."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from swarmd.front.request import DockerRequest
from swarmd.manager.moving.drain import Line


def progress_lines(request: DockerRequest) -> Callable[[Line], None]:
    """Begins the answer; what it returns writes a line, and ends it with one that is ``Done``."""
    request.start(200, b"application/json")

    def write(line: Line) -> None:
        if not request.gone:
            request.send(orjson.dumps(line) + b"\n")
            if line.get("Done"):
                request.finish()

    return write
