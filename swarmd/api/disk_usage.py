"""``GET /system/df``."""

from __future__ import annotations

import orjson

from swarmd.api.lacking import warnings
from swarmd.api.resource import Noun
from swarmd.api.target import target
from swarmd.core.errors import BadParameter
from swarmd.core.model import Engine
from swarmd.front.request import DockerRequest
from swarmd.manager.disk_usage import FIELDS, TYPES_SINCE, DiskUsage, merged
from swarmd.manager.doubts import unanswered, unasked
from swarmd.manager.fanout import together
from swarmd.manager.fleet import Fleet


class SystemFolder(Noun):
    """``/system/…``"""

    def __init__(self, fleet: Fleet) -> None:
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

        def line(engine: Engine) -> bytes:
            """Without the types where an engine does not know them, so that it is asked once."""
            old = engine.spec.api_max < TYPES_SINCE
            query = b"" if old else None
            return target(self._fleet, request, engine, "system", "df", query=query)

        missing = unasked(self._fleet)
        outcomes = await self._usage.measure(self._fleet.healthy(), line)
        if not any(outcome.ok for outcome in outcomes):
            raise together(outcomes)
        body = orjson.dumps(merged(outcomes, types, self._fleet.scope)) + b"\n"
        doubts = warnings([*missing, *unanswered(outcomes)])
        request.reply(200, body, headers=doubts)
