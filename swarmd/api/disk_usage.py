"""``GET /system/df``."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from swarmd.api.responses.warnings import warnings
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import Noun
from swarmd.core.errors import BadParameter
from swarmd.core.model import Engine
from swarmd.core.request.version import Version
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.completeness import unanswered, unasked
from swarmd.manager.fleet.fanout import together
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.disk_usage import FIELDS, TYPES_SINCE, DiskUsage, merged

TOTALS_SINCE: Version = (1, 52)
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class SystemFolder(Noun):
    """``/system/…``"""

    def __init__(self, fleet: FleetView) -> None:
        super().__init__()
        self._fleet = fleet
        self._usage = DiskUsage(fleet)
        self.add("df", GET=self.usage)

    def attach(self, root: Noun) -> None:
        root.putChild(b"system", self)

    async def usage(self, request: DockerRequest) -> None:
        """Nodes that do not answer are missing from the sums, and named in a header."""
        types = request.arg_list("type")
        for kind in types:
            if kind not in FIELDS:
                raise BadParameter(f"unknown object type: {kind}")
        asked = request.version or self._fleet.api_version
        verbose = asked >= TOTALS_SINCE and _is_verbose(request.arg("verbose"))
        missing = unasked(self._fleet)
        outcomes = await self._usage.measure(self._fleet.healthy(), self._line(request, asked))
        if not any(outcome.ok for outcome in outcomes):
            raise together(outcomes)
        whole = merged(outcomes, types, self._fleet.scope, verbose)
        body = orjson.dumps(whole) + b"\n"
        doubts = warnings([*missing, *unanswered(outcomes)])
        request.reply(200, body, headers=doubts)

    def _line(self, request: DockerRequest, asked: Version) -> Callable[[Engine], bytes]:
        """Of what is a scope's own only the rows tell, so they are asked for."""
        scoped = self._fleet.scope is not None
        types = [f"type={kind}" for kind in request.arg_list("type")]
        rows = (
            "&".join([*types, "verbose=1"]).encode() if scoped and asked >= TOTALS_SINCE else None
        )

        def line(engine: Engine) -> bytes:
            """Without the types where an engine does not know them, so that it is asked once."""
            query = b"" if engine.spec.api_max < TYPES_SINCE else rows
            return target(self._fleet, request, engine, "system", "df", query=query)

        return line


def _is_verbose(text: str) -> bool:
    """Go's truth values; without one an engine of API 1.52 tells no rows but the old ones."""
    if text and text not in _TRUE | _FALSE:
        raise BadParameter(f"invalid value for verbose: {text}")
    return text in _TRUE
