"""What containers and volumes that are there have of their host, as their engine tells it.

Engines never change that of a container but for its networks, which the fleet's state follows; so
what was asked once is kept, by the container's whole ID.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from swarmd.authz.existing import Standard, as_create, volumes_of
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, EngineRefused, NoSuchContainer, Unavailable
from swarmd.core.kept_json import kept_json
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet

Json = Mapping[str, Any]

ASK = 10.0  # seconds for one answer
LARGEST = 16 << 20  # bytes of an answer
MOST_VOLUMES = 256  # of one container
KEPT, LARGEST_KEPT = 1024, 16 << 10  # containers, and bytes of each


class HostAccess:
    """What existing containers and volumes have of their hosts, for a judgement.

    Asks engines; ApiError where one does not tell, for then nobody can judge.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def container(self, container: Container) -> Json:
        """The create that would make the same; NoSuchContainer if it is gone."""
        key = container.engine, container.id
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            found: Json = orjson.loads(kept)
            return found
        found = await self._container(self._fleet.engine(container), container)
        encoded = kept_json(found)
        if len(encoded) <= LARGEST_KEPT:
            self._kept[key] = encoded
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    async def volume(self, engine: Engine, name: str) -> Json | None:
        """As ``engine`` shows it; None if it has none of that name."""
        return await self._ask(engine, "volumes", name)

    async def exec(self, engine: Engine, exec_id: str) -> Json | None:
        return await self._ask(engine, "exec", exec_id, "json")

    async def _container(self, engine: Engine, container: Container) -> Json:
        shown = await self._ask(engine, "containers", container.id, "json")
        if shown is None:
            raise NoSuchContainer(container.id)
        if shown.get("Id") != container.id or not isinstance(shown.get("HostConfig"), dict):
            raise EngineRefused(engine.name, 502, "its answer is not that of a Docker Engine")
        names = volumes_of(shown)
        if len(names) > MOST_VOLUMES:
            raise ApiError(f"container {container.name} has too many volumes to be judged", 403)
        volumes = {name: await self.volume(engine, name) for name in names}
        return as_create(shown, volumes, standard_of(engine.spec.info))

    async def _ask(self, engine: Engine, *path: str) -> Json | None:
        answer = await self._fleet.call(engine, "GET", *path, timeout=ASK, limit=LARGEST)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unavailable(f"node {engine.name} does not tell: {message_of(answer.body)}")
        found: Json = read_answer(engine.name, answer.body, dict)
        return found


@lru_cache(maxsize=256)
def standard_of(info: bytes) -> Standard:
    """Of ``Spec.info``, which is JSON of our own."""
    return Standard.of(orjson.loads(info))
