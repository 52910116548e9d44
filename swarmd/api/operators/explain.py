"""``POST /swarmd/explain``: where a create would go, and why nowhere else. Nothing is made."""

from __future__ import annotations

from typing import Any

from swarmd.cluster.lookup import find_network
from swarmd.core.errors import ApiError, NameTaken
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.manager.containers.node_choice import NodeChoice
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_lists, unsettled
from swarmd.manager.images.platforms import platform_known
from swarmd.scheduler.place import Explanation, Standing


class Explain:
    """The route ``POST /swarmd/explain``: where a container would be placed, and why.

    Takes the body and the query of a container create.
    """

    def __init__(self, fleet: Fleet, choice: NodeChoice) -> None:
        self._fleet = fleet
        self._choice = choice

    async def explain(self, request: DockerRequest) -> None:
        body, config = read_body(request.body)
        await request.yield_to_others()
        version = request.version or self._fleet.api_version
        name, platform = request.arg("name").removeprefix("/"), request.arg("platform")
        order = CreateOrder(name, body, config, client="", version=version, platform=platform)
        request.reply_json(200, await self.of(order))

    async def of(self, order: CreateOrder) -> dict[str, Any]:
        """The answer of the route, to an order that was read."""
        await settle_containers(self._fleet, unsettled(self._fleet))
        await settle_lists(self._fleet, "images", "networks", "volumes")
        found = self._choice.explain(await platform_known(self._fleet, order))
        return shown(found, self._obstacle(order))

    def _obstacle(self, order: CreateOrder) -> str:
        """What no choice of a node helps against, in the words in which a run would fail; or ""."""
        holder = self._fleet.state.reservations.holder(order.name) if order.name else ""
        if holder:
            return NameTaken(order.name, holder).message
        try:
            for ref in order.config.networks:
                find_network(self._fleet.state, ref)
        except ApiError as error:
            return error.message
        return ""


def shown(found: Explanation, obstacle: str = "") -> dict[str, Any]:
    return {
        "Node": "" if obstacle else found.chosen,
        "Error": obstacle or found.error,
        "Nodes": [_standing(one) for one in found.standings],
        "Ignored": list(found.ignored),
    }


def _standing(one: Standing) -> dict[str, Any]:
    if one.removed is not None:
        return {"Name": one.engine, "Filter": one.removed.filter, "Reason": one.removed.reason}
    return {"Name": one.engine, "Place": one.place, "Score": dict(one.score)}
