"""``POST /swarmd/explain``: where a create would go, and why nowhere else. Nothing is made."""

from __future__ import annotations

from typing import Any

from swarmd.front.request import DockerRequest
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.manager.containers.node_choice import NodeChoice
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import settle_lists
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
        await settle_lists(self._fleet, "images", "networks", "volumes")
        order = CreateOrder(
            name=request.arg("name").removeprefix("/"),
            body=body,
            config=config,
            client="",
            version=request.version or self._fleet.api_version,
            platform=request.arg("platform"),
        )
        found = self._choice.explain(await platform_known(self._fleet, order))
        request.reply_json(200, shown(found))


def shown(found: Explanation) -> dict[str, Any]:
    return {
        "Node": found.chosen,
        "Error": found.error,
        "Nodes": [_standing(one) for one in found.standings],
        "Ignored": list(found.ignored),
    }


def _standing(one: Standing) -> dict[str, Any]:
    if one.removed is not None:
        return {"Name": one.engine, "Filter": one.removed.filter, "Reason": one.removed.reason}
    return {"Name": one.engine, "Place": one.place, "Score": dict(one.score)}
