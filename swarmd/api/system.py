"""``/_ping``, ``/version``, ``/info``: answered from what is known, never waiting for an engine."""

from __future__ import annotations

import orjson

from swarmd.api.routing.resource import Noun
from swarmd.cluster.views import info
from swarmd.cluster.views.info import FleetIdentity
from swarmd.front.request import DockerRequest
from swarmd.manager.interfaces import FleetView

NO_CACHE = (
    (b"Cache-Control", b"no-cache, no-store, must-revalidate"),
    (b"Pragma", b"no-cache"),
    (b"Builder-Version", b"2"),
    (b"Swarm", b"inactive"),
)


class System:
    """The routes that are no noun of their own."""

    def __init__(self, fleet: FleetView, identity: FleetIdentity) -> None:
        self._fleet = fleet
        self._identity = identity
        self._version: tuple[int, bytes] = (-1, b"")  # as of ``Fleet.changes``

    def attach(self, root: Noun) -> None:
        root.add("_ping", GET=self.ping, HEAD=self.ping, OPTIONS=self.options)
        root.add("version", GET=self.version)
        root.add("info", GET=self.info)

    def ping(self, request: DockerRequest) -> None:
        request.reply(200, b"OK", content_type=b"text/plain; charset=utf-8", headers=NO_CACHE)

    def options(self, request: DockerRequest) -> None:
        request.reply(200)

    def version(self, request: DockerRequest) -> None:
        """It names every node, and is asked for by every command: made once for all."""
        fleet = self._fleet
        if self._version[0] != fleet.changes:
            body = info.version(fleet.state, self._identity, fleet.api_version)
            self._version = fleet.changes, orjson.dumps(body) + b"\n"
        request.reply(200, self._version[1])

    def info(self, request: DockerRequest) -> None:
        fleet = self._fleet
        listeners, notices = fleet.hub.listeners, fleet.notices()
        now, problem = fleet.now(), fleet.problem
        version = request.version or fleet.api_version
        body = info.info(fleet.state, self._identity, now, problem, listeners, notices, version)
        request.reply_json(200, body)
