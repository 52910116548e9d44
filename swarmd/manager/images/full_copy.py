"""The full copy of an image, for what takes all of it: whether a node has it, to save or push.

Each containerd store may keep other platforms of one index, and an engine saves or pushes without a
word what it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from swarmd.cluster.images.holders import newest_holders
from swarmd.cluster.images.image_lookup import find_image
from swarmd.cluster.images.same_image import by_manifest
from swarmd.core.errors import Conflict
from swarmd.core.model import Engine, Image
from swarmd.manager.images.platforms import Parts, is_for, parts
from swarmd.manager.interfaces import FleetView


@dataclass(frozen=True, slots=True)
class FullCopy:
    """The parts of an image that an engine must have to hand it on whole.

    What ``name`` has to be: every one of ``needs`` names parts of which any will do.

    Attributes:
        held: What engines have of it, by their keys.
    """

    name: str = ""
    needs: Sequence[Parts] = ()
    held: Mapping[str, Parts] = field(default_factory=dict)

    def on(self, engine: Engine) -> bool:
        held = self.held.get(engine.key, frozenset())
        return not any(held.isdisjoint(any_of) for any_of in self.needs)

    def out_of_reach(self, engine: Engine) -> bool:
        """Whether it cannot be made whole there: what is there stays, and a copy may be less."""
        return not self.on(engine) and (engine.key in self.held or len(self.needs) > 1)

    def refusal(self, nodes: Mapping[str, str]) -> Conflict:
        """``nodes`` are names of engines by their keys."""
        has = (
            f"{nodes[key]} has {', '.join(sorted(held)) or 'nothing complete'}"
            for key, held in self.held.items()
            if key in nodes
        )
        return Conflict(
            f"image {self.name}: no node has all of it that is asked for: {'; '.join(has)}. "
            "Pull it on one of them for the platforms that are missing, or name one --platform"
        )


async def whole(fleet: FleetView, name: str, platforms: Sequence[str]) -> FullCopy:
    """All that stores with several platforms have of it, or of ``platforms`` what any node has.

    What no node has is for an engine to refuse, in its words.
    """
    holders = newest_holders(fleet.state, name)
    images = {one.key: image for one in holders if (image := find_image(one, name)) is not None}
    stores = [one for one in holders if by_manifest(images[one.key])]
    if not stores:
        return FullCopy(name)
    held = await parts(fleet, name, holders if platforms else stores)
    if platforms:
        everything: Parts = frozenset().union(*held.values())
        fitting = (frozenset(p for p in everything if is_for(p, one)) for one in platforms)
        return FullCopy(name, [some for some in fitting if some], held)
    return FullCopy(name, [frozenset({part}) for part in _largest(held, images)], held)


def _largest(held: Mapping[str, Parts], images: Mapping[str, Image]) -> list[str]:
    """All that there is of one index; nodes of several kinds may mean several by one name."""
    indexes: dict[str, Parts] = {}
    for key, some in held.items():
        index = images[key].id
        indexes[index] = indexes.get(index, frozenset()) | some
    largest: Parts = max(indexes.values(), key=lambda some: len(some), default=frozenset())
    return sorted(largest)


async def again(fleet: FleetView, image: FullCopy, engine: Engine) -> FullCopy:
    """The same, with what ``engine`` has of it now."""
    now: dict[str, Any] = await parts(fleet, image.name, [engine])
    return FullCopy(image.name, image.needs, {**image.held, **now})
