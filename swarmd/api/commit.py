"""``POST /commit``: the image is made where its container is, and is there only."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.api.routing.client_key import client_key
from swarmd.api.routing.request_line import target
from swarmd.cluster.lookup import find_container
from swarmd.codec.query import parse_query, render_query
from swarmd.core.container.container_state import Container
from swarmd.core.container.personal_labels import blank
from swarmd.core.errors import BadParameter, NoSuchContainer
from swarmd.core.image.image_reference import tag_target
from swarmd.front.request import DockerRequest
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.fleet.json_body import decoded_json
from swarmd.manager.fleet.read_your_writes import find_anywhere, settle_containers, unsettled
from swarmd.manager.interfaces import FleetView
from swarmd.streams.forward import forward


class Commit:
    """The route ``POST /commit``."""

    def __init__(self, fleet: FleetView, own: OwnImages) -> None:
        self._fleet = fleet
        self._own = own

    async def commit(self, request: DockerRequest) -> None:
        container = await self._find(request.arg("container"))
        engine = self._fleet.engine(container)
        asked = {**parse_query(request.raw_query), "container": [engine.ids.own(container.id)]}
        query = render_query((key, one) for key, values in asked.items() for one in values)
        line = target(self._fleet, request, engine, "commit", query=query.encode())

        repository, client = request.arg("repo"), client_key(request)

        def done(status: int) -> None:
            names = []
            if status == 201 and repository:
                names = [str(tag_target(repository, request.arg("tag")))]
                self._own.note(client, names)
            self._fleet.state.images_changed(engine.key, names)

        body = _body(request.body, container)
        forward(request, self._fleet.link(engine), line, body=body, done=done)

    async def _find(self, ref: str) -> Container:
        if not ref:
            raise BadParameter('invalid name or ID supplied: ""')
        try:
            return find_container(self._fleet.state, ref)
        except NoSuchContainer:
            await settle_containers(self._fleet, unsettled(self._fleet))
            return await find_anywhere(self._fleet, ref)


def _body(body: bytes, container: Container) -> bytes:
    """So that the image hands on nothing that was told to one container; what is asked stands."""
    labels = blank(container.labels)
    config: Any = decoded_json(body) if labels and body.strip() else None
    if not labels or not isinstance(config, dict | None):
        return body
    asked = (config or {}).get("Labels")
    whole = {**labels, **(asked if isinstance(asked, dict) else {})}
    return orjson.dumps({**(config or {}), "Labels": whole})
