"""What a build needs is on its engine before it begins, as far as any node has it."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.logger import Logger

from swarmd.cluster.images.image_lookup import engines_with_image, find_image
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.fleet.read_your_writes import settle_lists, settle_unknown
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.interfaces import FleetView

_log = Logger()


class BaseImages:
    """The base images of a build, brought to the engine that builds.

    ``fleet`` is as much as the client sees: nothing else is brought for it.
    """

    def __init__(self, fleet: FleetView, supply: Supply) -> None:
        self._fleet = fleet
        self._supply = supply

    async def bring(self, refs: Iterable[str], engine: Engine) -> None:
        """Those of ``refs`` that any node has; what a registry has, the engine can also pull.

        Raises:
            ApiError: One that no registry has could not be brought.
        """
        refs = list(refs)
        await settle_lists(self._fleet, "images")
        await settle_unknown(self._fleet, refs)
        for ref in refs:
            if not self._seen(ref):
                continue
            try:
                await self._supply.bring(ref, engine)
            except ApiError as error:
                if not self._pulled(ref):
                    raise
                _log.warn("the build pulls {ref}: {e}", ref=ref, e=error.message)

    def _seen(self, ref: str) -> bool:
        return bool(engines_with_image(self._fleet.state, ref))

    def _pulled(self, ref: str) -> bool:
        holders = engines_with_image(self._fleet.state, ref)
        images = [image for one in holders if (image := find_image(one, ref)) is not None]
        return any(image.pulled for image in images)
