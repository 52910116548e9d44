"""Which nodes have the images that a create needs, and when its container goes there for that."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.cluster.images.holders import newest_holders
from swarmd.cluster.images.image_lookup import engines_with_image, find_image, is_name
from swarmd.cluster.state import State
from swarmd.core.image.image_reference import familiar
from swarmd.core.model import Engine
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.scheduler.placement import Pin


class ImageLocality:
    """The image locality of a create: pins to nodes that have its image, and those it mounts."""

    def __init__(self, state: State, plans: PullPlans) -> None:
        self._state = state
        self._plans = plans

    def draw(self, order: CreateOrder, best: Engine, *, last_resort: bool) -> Iterator[Pin]:
        """To what ``best`` lacks: where a pull was just planned, and where it can only be.

        Args:
            last_resort: To all that any node has: it could not be brought elsewhere, or not soon.
        """
        for ref in order.config.images:
            if find_image(best, ref) is not None and not last_resort:
                continue
            planned = self._plans.find(order.client, familiar(ref))
            if planned is not None:
                yield Pin("planned", frozenset({planned}), "the image was pulled elsewhere")
            elif last_resort or self._stays(ref):
                yield from self._holders(ref)

    def of(self, order: CreateOrder) -> tuple[Pin, ...]:
        """The nodes that have all that any node has of it."""
        return tuple(pin for ref in order.config.images for pin in self._holders(ref))

    def _holders(self, ref: str) -> Iterator[Pin]:
        """The nodes that have what ``ref`` means, if there are any."""
        if holders := newest_holders(self._state, ref):
            keys = frozenset(engine.key for engine in holders)
            yield Pin(f"image=={ref}", keys, f"image {ref} is not there")

    def _stays(self, ref: str) -> bool:
        """Whether its containers go to the nodes that have it, since no registry gives it.

        By its ID none does. One that a registry may have does not gather all its containers on the
        node that was first: it is brought to the others.
        """
        holders = engines_with_image(self._state, ref)
        images = [image for one in holders if (image := find_image(one, ref)) is not None]
        if any(image.pulled for image in images):
            return not any(is_name(engine, ref) for engine in holders)
        return not any(image.digests for image in images)
