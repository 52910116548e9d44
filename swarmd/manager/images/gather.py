"""Several images on one node, for what an engine does with all of them at once: save, push."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.cluster.holders import healthy_holders, meant
from swarmd.cluster.images import find_image
from swarmd.cluster.same_image import by_manifest
from swarmd.core.model import Engine
from swarmd.core.names import natural
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import looked_up
from swarmd.manager.images.supply import Supply


class Gatherer:
    """``fleet`` is as much as the client sees; ``supply`` that of the whole fleet."""

    def __init__(self, fleet: Fleet, supply: Supply) -> None:
        self._fleet = fleet
        self._supply = supply

    async def on_one(self, refs: Sequence[str]) -> Engine:
        """A healthy engine that has all that ``refs`` mean, as they are meant now.

        It is the one that lacks least, and that is brought there.

        Raises:
            NoSuchImage: One of them is nowhere.
            EngineUnreachable: One is only where nobody can be asked.
            ApiError: It could not be brought.
        """
        names = await looked_up(self._fleet, "images", lambda: self._names(refs))
        engine = min(self._fleet.healthy(), key=lambda one: self._order(names, one))
        for name in names:
            await self._supply.bring(name, engine)
        return engine

    def _names(self, refs: Sequence[str]) -> list[str]:
        """All that can be had; it raises otherwise."""
        names = list(dict.fromkeys(name for ref in refs for name in meant(self._fleet.state, ref)))
        for name in names:
            healthy_holders(self._fleet.state, name)
        return names

    def _order(self, names: Sequence[str], engine: Engine) -> tuple[int, int, object]:
        """Of those that have as much, first who can have it for all platforms."""
        lacking = sum(bool(self._supply.sources(name, engine)) for name in names)
        images = [image for name in names if (image := find_image(engine, name)) is not None]
        return lacking, -sum(map(by_manifest, images)), natural(engine.name)
