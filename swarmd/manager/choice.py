"""Which node a create takes: the scheduler's best, and what a create knows beyond that.

An image may have been pulled for it, or be on one node only; a network or volume that is nobody's
yet follows the container where its own node will not do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from swarmd.cluster.images import engines_with_image, find_image, is_name
from swarmd.core.image_reference import familiar
from swarmd.core.model import Engine
from swarmd.manager.fleet import Fleet
from swarmd.manager.luggage import Luggage
from swarmd.manager.order import Order, placement
from swarmd.manager.placer import Placer
from swarmd.manager.plans import Plans
from swarmd.scheduler.place import Explanation
from swarmd.scheduler.refusal import NoCandidate
from swarmd.scheduler.request import Pin, Placement

Chosen = tuple[Placement, Engine]  # what was asked of the node in the end, and the best for that


class Choice:
    """``without`` are keys of engines that were tried in vain."""

    def __init__(self, fleet: Fleet, placer: Placer, plans: Plans, luggage: Luggage) -> None:
        self._fleet = fleet
        self._placer = placer
        self._plans = plans
        self._luggage = luggage

    def choose(self, order: Order, without: Collection[str] = ()) -> Chosen:
        """Raises NoCandidate."""
        wanted = self._wanted(order)
        try:
            return self._best(order, wanted, without)
        except NoCandidate:
            loose = self._luggage.left_behind(wanted, order.leaves)
            if loose == wanted:
                raise
            return self._best(order, loose, without)

    def explain(self, order: Order) -> Explanation:
        """What ``choose`` would say, of every engine."""
        try:
            wanted, _ = self.choose(order)
        except NoCandidate:
            wanted = self._wanted(order)
        return self._placer.explain(wanted)

    def _wanted(self, order: Order) -> Placement:
        wanted = placement(self._fleet.state, order)
        return replace(wanted, pins=(*wanted.pins, *self._luggage.pins(order.config)))

    def _best(self, order: Order, wanted: Placement, without: Collection[str]) -> Chosen:
        """The best engine; but where a pull was just planned, and where an image can only be."""
        best = self._placer.rank(wanted, without)[0]
        if find_image(best, wanted.image) is not None:
            return wanted, best
        planned = self._plans.find(order.client, familiar(wanted.image))
        if planned is None:
            pin = self._holders(wanted.image, last_resort=bool(without))
        else:
            pin = Pin("planned", frozenset({planned}), "the image was pulled elsewhere")
        return (pin and self._pinned(wanted, pin, without)) or (wanted, best)

    def _pinned(self, wanted: Placement, pin: Pin, without: Collection[str]) -> Chosen | None:
        """If any engine that the pin allows fits."""
        narrow = replace(wanted, pins=(*wanted.pins, pin))
        try:
            return narrow, self._placer.rank(narrow, without)[0]
        except NoCandidate:
            return None

    def _holders(self, ref: str, last_resort: bool) -> Pin | None:
        """The nodes of an image which no registry has; None if it can be had elsewhere.

        By its ID no registry gives one. One that a registry may have does not gather all its
        containers on the node that was first: it is copied, and only where that failed they go to
        a node that has it.
        """
        holders = engines_with_image(self._fleet.state, ref)
        images = [image for one in holders if (image := find_image(one, ref)) is not None]
        named = any(is_name(engine, ref) for engine in holders)
        pulled = any(image.pulled for image in images)
        if not images or (pulled and named):
            return None
        if not pulled and any(image.digests for image in images) and not last_resort:
            return None
        keys = frozenset(engine.key for engine in holders)
        return Pin(f"image=={ref}", keys, f"image {ref} is not there")
