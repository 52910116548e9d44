"""Removes an image from all nodes as one engine would: as a whole, or not at all.

What the name meant before, and other nodes still have under it, has lost that name on one host. So
it loses it here, and stays for who uses it or knows its ID, until it is pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from swarmd.cluster.images.holders import latest, outdated_tags
from swarmd.cluster.images.image_lookup import engines_with_image, find_image, is_name
from swarmd.core.errors import Conflict
from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.model import Engine, Image
from swarmd.core.names import short_id
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.images.tag import GONE, Target, ask_all, check
from swarmd.manager.images.untag import untagged
from swarmd.manager.interfaces import FleetView

_RUNNING, _NEEDED, _UNUSED = range(3)


class Removal:
    """One ``rmi`` over all engines.

    It removes the image that ``ref`` means; ``target`` is the call to each engine.
    """

    def __init__(self, fleet: FleetView, ref: str, target: Target) -> None:
        self._fleet = fleet
        self._ref = ref
        self._target = target

    async def run(self, engines: Sequence[Engine], *, force: bool) -> bytes:
        """A JSON list of what was untagged and deleted, each thing once however many had it.

        Args:
            engines: All healthy ones that hold it, whatever they take its name for.

        Raises:
            ApiError: An engine refused; those that were asked before have done it.
        """
        named = any(is_name(engine, self._ref) for engine in engines)
        newest = latest(engines, self._ref) if named else list(engines)
        if not named and not force:
            self._check_single(engines)
        spared = self._spared(newest) if named else []
        await self._lose_more(newest if not named else [])
        outcomes = await self._remove([one for one in newest if one not in spared])
        check(outcomes, "removed")
        behind = [(one, self._name) for one in engines if one in spared or one not in newest]
        outcomes += await untagged(self._fleet, behind)
        check(outcomes, "removed")
        items = [item for outcome in outcomes for item in outcome.value or ()]
        return orjson.dumps(gone_everywhere(self._fleet, items)) + b"\n"

    @property
    def _name(self) -> str:
        return familiar_if_valid(self._ref)

    def _check_single(self, engines: Sequence[Engine]) -> None:
        """An engine removes by its ID only what has one name; here those of all engines count."""
        if len(names_of(self._fleet, engines, self._ref)) > 1:
            image = find_image(engines[0], self._ref)
            assert image is not None
            raise Conflict(
                f"conflict: unable to delete {short_id(image.id)} (must be forced) - "
                "image is referenced in multiple repositories"
            )

    def _spared(self, newest: Sequence[Engine]) -> list[Engine]:
        """Where an engine would not only take the name, though the image has others elsewhere."""
        found = {one.key: image for one in newest if (image := find_image(one, self._ref))}
        state = self._fleet.state
        others = {
            image.id: names_of(self._fleet, engines_with_image(state, image.id), image.id)
            for image in found.values()
        }
        return [
            one
            for one in newest
            if (image := found.get(one.key))
            and image.tags == (self._name,)
            and others[image.id] - {self._name}
            and _risk(one, image) != _UNUSED
        ]

    async def _lose_more(self, engines: Sequence[Engine]) -> None:
        """By its ID an engine removes only what has one name, outdated ones included."""
        outdated = outdated_tags(self._fleet.state)
        lost = [
            (engine, tag)
            for engine in engines
            if (image := find_image(engine, self._ref)) and len(image.tags) > 1
            for tag in image.tags
            if (engine.key, tag) in outdated
        ]
        check(await untagged(self._fleet, lost), "untagged")

    async def _remove(self, engines: Sequence[Engine]) -> list[Outcome]:
        """Those that may refuse are asked first, the others only if none of them did."""
        outcomes: list[Outcome] = []
        for some in by_risk(engines, self._ref):
            outcomes += await ask_all(self._fleet, some, "DELETE", self._target, list)
            if any(one.error is not None and one.error.status != GONE for one in outcomes):
                break
        for outcome in outcomes:
            forget_removed(self._fleet, outcome.engine, outcome.value or ())
        return outcomes


def by_risk(engines: Sequence[Engine], ref: str) -> list[list[Engine]]:
    """First where a container of it runs, then where one is stopped or an image is built on it."""
    groups: dict[int, list[Engine]] = {}
    for engine in engines:
        image = find_image(engine, ref)
        groups.setdefault(_risk(engine, image) if image else _UNUSED, []).append(engine)
    return [groups[risk] for risk in sorted(groups)]


def _risk(engine: Engine, image: Image) -> int:
    users = [one for one in engine.containers.values() if one.image_id == image.id]
    if any(one.running for one in users):
        return _RUNNING
    needed = users or any(one.parent == image.id for one in engine.images.values())
    return _NEEDED if needed else _UNUSED


def names_of(fleet: FleetView, engines: Iterable[Engine], ref: str) -> set[str]:
    """Its tags on any of ``engines``, as far as they still mean it."""
    outdated = outdated_tags(fleet.state)
    return {
        tag
        for engine in engines
        if (image := find_image(engine, ref)) is not None
        for tag in image.tags
        if (engine.key, tag) not in outdated
    }


def forget_removed(fleet: FleetView, engine: Engine, items: Iterable[Mapping[str, Any]]) -> None:
    """What ``engine`` says that it has removed is in no list of ours any more."""
    names = (item.get(key) for item in items for key in ("Untagged", "Deleted"))
    gone = [familiar_if_valid(name) for name in names if isinstance(name, str)]
    fleet.state.images_gone(engine.key, gone)


def gone_everywhere(fleet: FleetView, items: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Each once; not what one node deleted of an image that is still on another."""
    left = {image for engine in fleet.state.engines.values() for image in engine.images}
    different = {orjson.dumps(item): item for item in items}.values()
    return [one for one in different if one.get("Deleted") not in left]
