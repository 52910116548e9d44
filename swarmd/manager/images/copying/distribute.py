"""Copies built images to where their label, or the operator's option, wants them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from twisted.internet.defer import Deferred, DeferredList

from swarmd.core.container.create_request import label_list
from swarmd.core.errors import ApiError
from swarmd.core.expressions import Expression, parse_expression, parse_expressions
from swarmd.core.image.build_request import DISTRIBUTE
from swarmd.core.model import Engine, Image
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import settle_lists
from swarmd.manager.images.copying.copy_reports import CopyReports
from swarmd.manager.images.copying.supply import Supply
from swarmd.scheduler.placement import Placement

EVERYWHERE = "all"

Refs = frozenset[tuple[str, str]]  # (tag, image ID)

OnTagged = Callable[[list[str]], None]


def _nobody(_: list[str]) -> None:
    """Hears nothing."""


class Distributor:
    """The distributor of built images to other nodes.

    ``builds`` is where images go that say nothing: "", "all" or a constraint.

    Attributes:
        under_way: How many builds' images are being copied.
    """

    def __init__(self, fleet: Fleet, placer: Placer, supply: Supply, builds: str = "") -> None:
        self._fleet = fleet
        self._placer = placer
        self._supply = supply
        self.builds = builds
        self.under_way = 0
        self._reports = CopyReports(fleet)

    def refs(self, engine: Engine) -> Refs:
        """What the engine's tags mean now; to be compared after a build."""
        return frozenset(engine.image_refs.items())

    async def spread(self, engine: Engine, before: Refs, on_tagged: OnTagged = _nobody) -> None:
        """Copies what a build has tagged on ``engine`` to where its label, or the option, says.

        From now on the tag means that image, wherever another has it.

        The build is over, and its client served: how the copies went is told by events, and by
        the warnings of ``docker info``. ``on_tagged`` hears of the names.
        """
        self.under_way += 1
        try:
            await self._spread(engine, before, on_tagged)
        finally:
            self.under_way -= 1

    async def _spread(self, engine: Engine, before: Refs, on_tagged: OnTagged) -> None:
        await settle_lists(self._fleet, "images")
        new = sorted(self.refs(engine) - before)
        on_tagged([ref for ref, _ in new])
        for ref, image_id in new:
            self._fleet.state.image_named(engine.key, ref, image_id, self._fleet.now())
        copies = [
            Deferred.fromCoroutine(self._spread_one(ref, engine, engine.images[image_id]))
            for ref, image_id in new
            if "@" not in ref and image_id in engine.images
        ]
        await DeferredList(copies, consumeErrors=True)

    async def _spread_one(self, ref: str, source: Engine, image: Image) -> None:
        for engine in self._targets(ref, image, source):
            if engine is source or engine.image_refs.get(ref) == image.id or not engine.healthy:
                continue
            try:
                await self._supply.copy(ref, source, engine)
            except ApiError as error:
                self._reports.failed(ref, image, engine, error.message)
            else:
                self._reports.copied(ref, image, engine)

    def _targets(self, ref: str, image: Image, source: Engine) -> Collection[Engine]:
        wish = image.labels.get(DISTRIBUTE) or ("" if image.pulled else self.builds)
        if not wish:
            return ()
        if wish == EVERYWHERE:
            return self._fleet.healthy()
        try:
            return self._placer.rank(Placement(constraints=_constraints(wish)))
        except ApiError as error:
            self._reports.failed(ref, image, source, error.message)
            return ()


def _constraints(wish: str) -> tuple[Expression, ...]:
    """One expression, or a JSON list of them."""
    if wish.startswith("["):
        return parse_expressions(label_list(DISTRIBUTE, wish))
    return (parse_expression(wish),)
