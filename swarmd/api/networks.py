"""``/networks``: each listed once, and asked on the node where it lives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
from twisted.web.resource import IResource

from swarmd.api.responses.warnings import warning_headers
from swarmd.api.routing.request_line import target
from swarmd.api.routing.resource import MISSING, Noun, Route
from swarmd.cluster.kept_ids import network_id
from swarmd.cluster.lookup import Found, find_container, find_network, network_identity
from swarmd.cluster.views.allocation import allocations
from swarmd.cluster.views.filters import NetworkQuery
from swarmd.cluster.views.network_list import network_list
from swarmd.core.container.network_endpoint import endpoint_network
from swarmd.core.errors import ApiError, BadParameter
from swarmd.core.model import Engine, Network
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.json_keys import NETWORK_CONNECT
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.fleet.fanout import Outcome, ask_engines, refusal
from swarmd.manager.fleet.json_body import spelled_object
from swarmd.manager.fleet.read_your_writes import (
    find_anywhere,
    looked_up,
    settle_containers,
    settle_lists,
    unsettled,
)
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.interfaces import FleetView
from swarmd.manager.moving.follow import Follower, StaysApart, with_short_id
from swarmd.manager.networks.driver import with_cure
from swarmd.manager.networks.local_networks import LocalNetworks as Manager
from swarmd.manager.system.prune import prune
from swarmd.streams.forward import forward

INSPECT = 5.0  # seconds: a slow node must not hold up what the others say of a network
CHANGE = 30.0
# An endpoint that each node of a swarm has of its own in an overlay network, while a container is
# in that; it goes a moment after the last of those, and Compose takes it for one.
BALANCER = "lb-"


class Networks(Noun):
    """``/networks/…``"""

    def __init__(
        self, fleet: FleetView, manager: Manager, local: LocalResources, follower: Follower
    ) -> None:
        super().__init__()
        self._fleet = fleet
        self._manager = manager
        self._local = local
        self._follower = follower
        self.add("create", POST=self.create)
        self.add("prune", POST=self.prune)
        self.add("", GET=self.index)

    def render(self, request: DockerRequest) -> int:
        return Route({b"GET": self.index}).render(request)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        segments = self.consume(path, request)
        if request.method == b"POST" and segments[-1] in ("connect", "disconnect"):
            attach = partial(self.attach, "/".join(segments[:-1]), segments[-1])
            return Route({b"POST": attach}) if segments[:-1] else MISSING
        ref = "/".join(segments)
        return Route({b"GET": partial(self.inspect, ref), b"DELETE": partial(self.remove, ref)})

    async def index(self, request: DockerRequest) -> None:
        query = NetworkQuery.of(request.arg)
        await settle_lists(self._fleet, "networks")
        if "dangling" in query.filters:
            await settle_containers(self._fleet, unsettled(self._fleet))
        rows = network_list(self._fleet.state, query)
        request.reply_pieces(200, rows, headers=warning_headers(self._fleet, "networks"))

    async def create(self, request: DockerRequest) -> None:
        answer = with_cure(await self._manager.create(request.body, request.version))
        request.reply(answer.status, answer.body)

    async def inspect(self, ref: str, request: DockerRequest) -> None:
        found = await self._find(ref)
        outcomes = await self._ask(request, "GET", found, found.engines)
        shown = [outcome.value for outcome in outcomes if outcome.ok]
        if not shown:
            raise refusal(outcomes)
        merged = _merged(shown, found.value)
        if self._fleet.scope is not None:
            own, all_ = self._fleet.state.containers, merged["Containers"]
            merged["Containers"] = {key: one for key, one in all_.items() if key in own}
        request.reply_json(200, merged)

    async def remove(self, ref: str, request: DockerRequest) -> None:
        found = await self._find(ref)
        if found.value.name in PREDEFINED:
            message = f"{found.value.name} is a pre-defined network and cannot be removed"
            raise ApiError(message, 403)
        everywhere = found.value.scope == "local"  # copies of one network; else it is one thing
        holders = found.engines if everywhere else _ablest_first(found.engines)[:1]
        remove = partial(self._ask, request, "DELETE", found, holders)
        one_thing = self._manager.remove_swarms(found.value, remove) if not everywhere else None
        outcomes = await shielded(one_thing or remove())
        if not all(outcome.ok for outcome in outcomes):
            raise refusal(outcomes)
        request.reply(204)

    async def attach(self, ref: str, action: str, request: DockerRequest) -> None:
        """Connect and disconnect go where the container is, under the names known there."""
        body = spelled_object(request.body, NETWORK_CONNECT)
        if not isinstance(body.get("Container"), str):
            raise BadParameter("Container is not specified")
        if not body["Container"]:
            raise BadParameter('invalid name or ID supplied: ""')
        container = await find_anywhere(self._fleet, body["Container"])
        engine = self._fleet.engine(container)
        found = await self._find(ref)
        if action == "connect" and await self._local.follow(ref, engine):
            found = await self._find(ref)
        if action == "connect" and _is_apart(engine, found):
            await self._follower.follow(container.id, network_id(found.value), ref)
            container = find_container(self._fleet.state, container.id)
            engine, found = self._fleet.engine(container), await self._find(ref)
        if _is_apart(engine, found):
            raise StaysApart(ref, found, container, engine)
        body = self._joined(body, ref, found)
        if action == "connect" and engine.ids.has(container.id):
            body["EndpointConfig"] = with_short_id(body.get("EndpointConfig") or {}, container.id)
        forward(
            request,
            self._fleet.link(engine),
            target(self._fleet, request, engine, "networks", _on(engine, found).id, action),
            body=orjson.dumps({**body, "Container": engine.ids.own(container.id)}),
            done=lambda status: self._changed(engine, container.id),
        )

    def _joined(self, body: dict[str, Any], ref: str, found: Found[Network]) -> dict[str, Any]:
        """The body without an ID of the network: an engine would look for it by that alone."""
        endpoint: Any = body.get("EndpointConfig")
        asked = endpoint_network(endpoint)
        if not asked:
            return dict(body)
        if _identity(find_network(self._fleet.state, asked)) != _identity(found):
            raise BadParameter(f"EndpointConfig.NetworkID is not the ID of network {ref}")
        rest = {key: value for key, value in endpoint.items() if key != "NetworkID"}
        return {**body, "EndpointConfig": rest}

    def _changed(self, engine: Engine, container_id: str) -> None:
        self._fleet.state.mark_dirty(container_id)
        self._fleet.state.mark_stale(engine.key, "networks")

    async def prune(self, request: DockerRequest) -> None:
        def path(engine: Engine) -> str:
            return target(self._fleet, request, engine, "networks", "prune").decode()

        body = await prune(self._fleet, path, "NetworksDeleted")
        for engine in self._fleet.healthy():
            self._fleet.state.mark_stale(engine.key, "networks")
        body.pop("SpaceReclaimed")
        request.reply_json(200, body)

    async def _find(self, ref: str) -> Found[Network]:
        state = self._fleet.state
        return await looked_up(self._fleet, "networks", lambda: find_network(state, ref))

    async def _ask(
        self,
        request: DockerRequest,
        method: str,
        found: Found[Network],
        engines: Sequence[Engine],
    ) -> list[Outcome]:
        def path(engine: Engine) -> str:
            network = _on(engine, found)
            return target(self._fleet, request, engine, "networks", network.id).decode()

        limit, expect = (INSPECT, dict) if method == "GET" else (CHANGE, None)
        outcomes = await ask_engines(
            self._fleet, engines, method, path, timeout=limit, expect=expect
        )
        if method != "GET":
            for engine in engines:
                self._fleet.state.mark_stale(engine.key, "networks")
        return outcomes


def _on(engine: Engine, found: Found[Network]) -> Network:
    """The network as this engine has it: predefined ones and copies have an ID on each."""
    if found.value.id in engine.networks:
        return found.value
    wanted = network_identity(found.value, engine)
    same = (one for one in engine.networks.values() if network_identity(one, engine) == wanted)
    return next(same, found.value)


def _is_apart(engine: Engine, found: Found[Network]) -> bool:
    return found.value.scope == "local" and engine not in found.engines


def _identity(found: Found[Network]) -> str:
    return network_identity(found.value, found.engine)


def _ablest_first(engines: tuple[Engine, ...]) -> list[Engine]:
    """A swarm's networks are its managers' to change."""
    return sorted(engines, key=lambda engine: (not engine.healthy, not engine.spec.swarm_manager))


def _merged(shown: list[Any], network: Network) -> dict[str, Any]:
    """One body: containers of all engines, and the ID that clients know."""
    groups = [body.get("Containers") for body in shown]
    containers = {
        key: one for group in groups if isinstance(group, dict) for key, one in group.items()
    }
    if all(key.startswith(BALANCER) for key in containers):
        containers = {}
    merged = {**shown[0], "Id": network_id(network), "Containers": containers}
    if network.scope == "local":  # else all nodes tell of one and the same range of addresses
        merged.update(allocations(shown))
    return merged
