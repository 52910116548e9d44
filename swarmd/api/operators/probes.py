"""``/healthz`` and ``/readyz``: one word each, for load balancers and supervisors.

They are open to everybody, so they tell nothing else: no names, no numbers, no reasons.
"""

from __future__ import annotations

from swarmd.api.routing.resource import Noun
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fleet import Fleet

_TEXT = b"text/plain; charset=utf-8"
_FRESH = ((b"Cache-Control", b"no-store"),)


class Probes:
    """The routes of the probes."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def attach(self, root: Noun) -> None:
        root.add("healthz", GET=self.healthz, HEAD=self.healthz)
        root.add("readyz", GET=self.readyz, HEAD=self.readyz)

    def healthz(self, request: DockerRequest) -> None:
        """Whoever can answer serves."""
        request.reply(200, b"ok\n", content_type=_TEXT, headers=_FRESH)

    def readyz(self, request: DockerRequest) -> None:
        status, word = (200, b"ready\n") if self._fleet.ready() else (503, b"waiting\n")
        request.reply(status, word, content_type=_TEXT, headers=_FRESH)
