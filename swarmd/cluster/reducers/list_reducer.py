"""Images, networks and volumes: always known as whole lists of one engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from swarmd.cluster.actions import (
    ImageShown,
    ImagesListed,
    ListFailed,
    NetworksListed,
    VolumesListed,
)
from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.images.placeholders import Placeholders
from swarmd.cluster.kept_ids import kept_ids, predefined_ids
from swarmd.cluster.notes import Notes
from swarmd.core import decode
from swarmd.core.decode import MalformedError, Shared
from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.model import Image, Volume

V = TypeVar("V")

IMAGES, NETWORKS, VOLUMES = KINDS = ("images", "networks", "volumes")

# An engine is not trusted with our memory: until its next list it may name what it likes.
_MOST_NAMED = 4096
_LONGEST_TAG = 512
_MOST_GONE = 256  # removals remembered while a list is on its way
_MOST_CHANGED = 32  # names that are asked for one by one where a list takes long


class ListReducer:
    """The reducer of lists of images, networks and volumes.

    Applies lists, and keeps ``EngineRecord.stale``: which of them must be asked for again.
    """

    def __init__(self, shared: Shared, notes: Notes, placeholders: Placeholders) -> None:
        self._shared = shared
        self._notes = notes
        self._placeholders = placeholders
        self._asked: dict[tuple[str, str], float] = {}  # moment of the list that is known
        self._since: dict[tuple[str, str], float] = {}  # (key, kind) -> moment of the last change
        # (key, name) -> (moment, volume), until a list was asked for later
        self._made: dict[tuple[str, str], tuple[float, Volume]] = {}
        # key -> (moment, tags, digests and IDs), until a list was asked for later
        self._gone: dict[str, list[tuple[float, frozenset[str]]]] = {}
        # (key, ID) -> (moment, image), until a list was asked for later
        self._shown: dict[tuple[str, str], tuple[float, Image]] = {}

    def images(self, engine: EngineRecord, action: ImagesListed) -> None:
        if self._overtaken(engine, IMAGES, action.at):
            return
        found = self._decoded(engine, IMAGES, action.entries, decode.image)
        gone = self._gone_since(engine, action.at)
        images = (one for one in found if not self._placeholders.has(one.id, one.labels))
        left = (without(image, gone) for image in images)
        engine.images = {image.id: image for image in left if image is not None}
        self._keep_shown(engine, action.at)
        engine.image_refs = refs = image_refs(list(engine.images.values()))
        self._mark_fresh(engine, IMAGES, action.at)
        engine.changed_images = {n: t for n, t in engine.changed_images.items() if t > action.at}
        if IMAGES not in engine.stale:  # else a name may have been given after the question
            engine.named = {
                ref: (refs[ref], when)
                for ref, (image_id, when) in engine.named.items()
                if ref in refs and image_id in ("", refs[ref])
            }

    def networks(self, engine: EngineRecord, action: NetworksListed) -> None:
        if self._overtaken(engine, NETWORKS, action.at):
            return
        found = self._decoded(engine, NETWORKS, action.entries, decode.network)
        engine.networks = {network.id: network for network in found}
        engine.kept_ids, engine.predefined_ids = kept_ids(found), predefined_ids(found)
        self._mark_fresh(engine, NETWORKS, action.at)

    def volumes(self, engine: EngineRecord, action: VolumesListed) -> None:
        if self._overtaken(engine, VOLUMES, action.at):
            return
        found = self._decoded(engine, VOLUMES, action.entries, decode.volume, action.warnings)
        engine.volumes = {volume.name: volume for volume in found}
        self._mark_fresh(engine, VOLUMES, action.at)
        self._keep_made(engine, action.at)

    def image_named(self, engine: EngineRecord, tag: str, image_id: str, when: float) -> None:
        """Somebody saw that ``tag`` was given to it, in seconds since the epoch by our clock.

        With "" for the ID it is the one that the next list says: of a pull only the name is told.
        """
        if max(len(tag), len(image_id)) > _LONGEST_TAG:
            return
        if tag in engine.named or len(engine.named) < _MOST_NAMED:
            engine.named[tag] = image_id, when

    def images_gone(self, engine: EngineRecord, names: Iterable[str], at: float) -> None:
        """Tags, digests and IDs that are no longer there, whatever a list says of before.

        An engine with many images lists them in seconds, and who removes one looks at once.
        """
        gone = frozenset(name for name in names if len(name) <= _LONGEST_TAG)
        held = self._gone.setdefault(engine.key, [])
        held.append((at, gone))
        del held[:-_MOST_GONE]
        self._take(engine, gone)
        engine.image_refs = image_refs(list(engine.images.values()))

    def _take(self, engine: EngineRecord, gone: frozenset[str]) -> None:
        found = [without(image, gone) for image in engine.images.values()]
        engine.images = {image.id: image for image in found if image is not None}
        for of in [of for of in self._shown if of[0] == engine.key]:
            when, shown = self._shown.pop(of)
            if (left := without(shown, gone)) is not None:
                self._shown[of] = when, left

    def images_changed(self, engine: EngineRecord, names: Iterable[str], at: float) -> None:
        """Others than the first few a list will tell."""
        self.mark(engine, IMAGES, at)
        for name in names:
            known = name in engine.changed_images or len(engine.changed_images) < _MOST_CHANGED
            if known and 0 < len(name) <= _LONGEST_TAG:
                engine.changed_images[name] = at

    def image_shown(self, engine: EngineRecord, action: ImageShown) -> None:
        """It is so, whatever a list says that was asked for before."""
        if engine.changed_images.get(action.name, math.inf) <= action.at:
            del engine.changed_images[action.name]
        if action.at < self._asked.get((engine.key, IMAGES), -math.inf):
            return
        if action.shown is None:
            self.images_gone(engine, [familiar_if_valid(action.name)], action.at)
            return
        with suppress(MalformedError):
            shown = decode.shown_image(action.shown, self._shared)
            if self._placeholders.has(shown.id, shown.labels):
                self.images_gone(engine, [familiar_if_valid(action.name)], action.at)
                return
            known = engine.images.get(shown.id)
            image = replace(known, tags=shown.tags, digests=shown.digests) if known else shown
            self._shown[engine.key, image.id] = action.at, image
            self._ask_for_nameless(engine, image, action.at)
            self._put(engine, image)
            engine.image_refs = image_refs(list(engine.images.values()))

    def _ask_for_nameless(self, engine: EngineRecord, image: Image, at: float) -> None:
        """What has lost its last name to ``image`` may be gone: not all stores keep it."""
        others = (other for other in engine.images.values() if other.id != image.id)
        lost = [one.id for one in others if one.tags and {*one.tags} <= {*image.tags}]
        self.images_changed(engine, lost, at)

    def _put(self, engine: EngineRecord, image: Image) -> None:
        """Its tags are no longer those of others."""
        engine.images.pop(image.id, None)
        tags = frozenset(image.tags)
        others = (without(other, tags) or other for other in engine.images.values())
        engine.images = {**{other.id: other for other in others}, image.id: image}

    def _keep_shown(self, engine: EngineRecord, asked: float) -> None:
        for of in [of for of in self._shown if of[0] == engine.key]:
            when, image = self._shown[of]
            if when > asked:
                self._put(engine, image)
            else:
                del self._shown[of]

    def _gone_since(self, engine: EngineRecord, asked: float) -> frozenset[str]:
        held = [one for one in self._gone.pop(engine.key, ()) if one[0] > asked]
        if held:
            self._gone[engine.key] = held
        return frozenset(name for _, names in held for name in names)

    def volume_made(self, engine: EngineRecord, entry: Mapping[str, Any], at: float) -> None:
        """It is there, whatever a list says that was asked for before.

        An engine asks every driver for a list, and waits long for one that is gone.
        """
        with suppress(MalformedError):
            volume = decode.volume(entry, self._shared)
            engine.volumes = {**engine.volumes, volume.name: volume}
            self._made[engine.key, volume.name] = at, volume

    def _keep_made(self, engine: EngineRecord, asked: float) -> None:
        mine = [(of, made) for of, made in self._made.items() if of[0] == engine.key]
        for of, (at, volume) in mine:
            if at > asked:
                engine.volumes = {**engine.volumes, volume.name: volume}
            else:
                del self._made[of]

    def failed(self, engine: EngineRecord, action: ListFailed) -> None:
        """What was known stays, and is asked for again by whoever reads it."""
        self.mark(engine, action.kind, action.at)
        self._notes.put(engine, action.kind, [f"its {action.kind} are not known: {action.error}"])

    def mark(self, engine: EngineRecord, kind: str, at: float) -> None:
        engine.stale.add(kind)
        self._since[engine.key, kind] = at

    def drop(self, engine: EngineRecord) -> None:
        engine.images, engine.image_refs, engine.named = {}, {}, {}
        engine.networks, engine.volumes = {}, {}
        engine.kept_ids = engine.predefined_ids = ()
        engine.stale.clear()
        engine.changed_images = {}
        self._gone.pop(engine.key, None)
        for kind in KINDS:
            self._since.pop((engine.key, kind), None)
            self._asked.pop((engine.key, kind), None)
        for held in (self._made, self._shown):
            for of in [of for of in held if of[0] == engine.key]:
                del held[of]

    def _overtaken(self, engine: EngineRecord, kind: str, at: float) -> bool:
        """Whether the answer to a later question is known: engines answer in any order."""
        if at < self._asked.get((engine.key, kind), -math.inf):
            return True
        if math.isfinite(at):
            self._asked[engine.key, kind] = at
        return False

    def _mark_fresh(self, engine: EngineRecord, kind: str, at: float) -> None:
        if self._since.get((engine.key, kind), at) <= at:
            engine.stale.discard(kind)

    def _decoded(
        self,
        engine: EngineRecord,
        kind: str,
        entries: Sequence[Mapping[str, Any]],
        read: Callable[[Mapping[str, Any], Shared], V],
        warnings: Sequence[str] = (),
    ) -> list[V]:
        found, broken = [], 0
        for entry in entries:
            try:
                found.append(read(entry, self._shared))
            except MalformedError:
                broken += 1
        lost = [f"{broken} of its {kind} could not be understood"] if broken else []
        self._notes.put(engine, kind, [*map(str, warnings), *lost])
        return found


def without(image: Image, gone: frozenset[str]) -> Image | None:
    """What is left of it; None if it is gone itself."""
    if image.id in gone:
        return None
    if gone.isdisjoint((*image.tags, *image.digests)):
        return image
    tags = tuple(tag for tag in image.tags if tag not in gone)
    digests = tuple(one for one in image.digests if one not in gone)
    return replace(image, tags=tags, digests=digests)


def image_refs(images: Sequence[Image]) -> dict[str, str]:
    """Tag or digest, as listed -> image ID."""
    return {ref: image.id for image in images for ref in (*image.tags, *image.digests)}
