"""Several images on one node, for what an engine does with all of them at once: save, push."""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.cluster.images.holders import healthy_holders, meant
from swarmd.cluster.images.image_lookup import find_image
from swarmd.cluster.images.same_image import by_manifest
from swarmd.core.model import Engine
from swarmd.core.names import natural
from swarmd.manager.fleet.read_your_writes import looked_up, settle_lists, settle_unknown
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.images.full_copy import FullCopy, again, whole
from swarmd.manager.interfaces import FleetView


class Gatherer:
    """The gathering of images for one save.

    ``fleet`` is as much as the client sees; ``supply`` that of the whole fleet.
    """

    def __init__(self, fleet: FleetView, supply: Supply) -> None:
        self._fleet = fleet
        self._supply = supply

    async def on_one(self, refs: Sequence[str], platforms: Sequence[str] = ()) -> Engine:
        """A healthy engine that has all that ``refs`` mean, as they are meant now.

        It is the one that lacks least, and that is brought there.

        Args:
            platforms: Those that are wanted; all that any node has if there are none.

        Raises:
            NoSuchImage: One of them is nowhere.
            Conflict: No node has all platforms of one.
            EngineUnreachable: One is only where nobody can be asked.
            ApiError: It could not be brought.
        """
        await settle_lists(self._fleet, "images")
        await settle_unknown(self._fleet, refs)
        names = await looked_up(self._fleet, "images", lambda: self._names(refs))
        wholes = [await whole(self._fleet, name, platforms) for name in names]
        engine = min(self._fleet.healthy(), key=lambda one: self._order(wholes, one))
        for one in wholes:
            await self._supply.bring(one.name, engine)
            await self._check(one, engine)
        return engine

    async def _check(self, image: FullCopy, engine: Engine) -> None:
        if image.on(engine) or (image := await again(self._fleet, image, engine)).on(engine):
            return
        raise image.refusal({key: one.name for key, one in self._fleet.state.engines.items()})

    def _names(self, refs: Sequence[str]) -> list[str]:
        """All that can be had; it raises otherwise."""
        names = list(dict.fromkeys(name for ref in refs for name in meant(self._fleet.state, ref)))
        for name in names:
            healthy_holders(self._fleet.state, name)
        return names

    def _order(self, wholes: Sequence[FullCopy], engine: Engine) -> tuple[int, int, int, object]:
        """Of those that have as much, first who can have it for all platforms."""
        out_of_reach = sum(one.out_of_reach(engine) for one in wholes)
        lacking = sum(bool(self._supply.sources(one.name, engine)) for one in wholes)
        images = [image for one in wholes if (image := find_image(engine, one.name)) is not None]
        return out_of_reach, lacking, -sum(map(by_manifest, images)), natural(engine.name)
