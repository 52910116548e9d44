"""Prunes images as one host would: by what names mean now, and used anywhere is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twisted.logger import Logger

from swarmd.cluster.images.holders import outdated_tags
from swarmd.cluster.images.image_lookup import engines_with_image
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine, Image
from swarmd.manager.fleet.answers import listed
from swarmd.manager.fleet.fanout import AT_ONCE, Outcome, gather
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_lists, unsettled
from swarmd.manager.images.copying.copy import name_image
from swarmd.manager.images.remove import forget_removed, gone_everywhere, names_of
from swarmd.manager.images.untag import untagged
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.prune import ask_to_prune, merged

DELETED = "ImagesDeleted"

_log = Logger()


async def prune_images(
    fleet: FleetView, target: Callable[[Engine], str], *, named: bool
) -> dict[str, Any]:
    """Each engine prunes its own, once it has the names as they are meant.

    Args:
        named: Whether images with a name are pruned, too.

    Raises:
        ApiError: Every engine failed, with the words of each.
    """
    await settle_containers(fleet, unsettled(fleet))
    await settle_lists(fleet, "images")
    _report(await untagged(fleet, _outdated(fleet)))
    kept = list(_names_to_keep(fleet)) if named else []
    await gather(kept, AT_ONCE, lambda one: _name(fleet, *one))
    outcomes = await ask_to_prune(fleet, target)
    for outcome in outcomes:
        fleet.state.mark_stale(outcome.engine.key, "images")
        forget_removed(fleet, outcome.engine, listed((outcome.value or {}).get(DELETED), dict))
    body = merged(outcomes, DELETED)
    left = {name for _, _, name in kept}.union(
        *(e.image_refs for e in fleet.state.engines.values())
    )
    gone = gone_everywhere(fleet, listed(body[DELETED], dict))
    body[DELETED] = [item for item in gone if item.get("Untagged") not in left] or None
    return body


def _outdated(fleet: FleetView) -> list[tuple[Engine, str]]:
    """What a name meant before has none on one host; an engine that has it so prunes it."""
    found = ((fleet.state.engines[key], tag) for key, tag in sorted(outdated_tags(fleet.state)))
    return [
        (engine, tag)
        for engine, tag in found
        if _may_change(fleet, engine.images[engine.image_refs[tag]])
    ]


def _may_change(fleet: FleetView, image: Image) -> bool:
    """Within a scope what is nobody's can be seen, but is not changed."""
    return fleet.scope is None or fleet.scope.owns(image.labels)


def _names_to_keep(fleet: FleetView) -> Iterable[tuple[Engine, str, str]]:
    """Where an image is used that has a name only elsewhere: on one host it keeps that."""
    for engine in fleet.healthy():
        used = {one.image_id for one in engine.containers.values()} & engine.images.keys()
        for image_id in used:
            if not engine.images[image_id].tags and _may_change(fleet, engine.images[image_id]):
                holders = engines_with_image(fleet.state, image_id)
                for name in sorted(names_of(fleet, holders, image_id)):
                    if _is_free(fleet, engine, name):
                        yield engine, image_id, name


def _is_free(fleet: FleetView, engine: Engine, name: str) -> bool:
    """Whether it means nothing there; within a scope, nothing else anywhere, for not all is seen.

    On another architecture a name means another image, which is none the older for that.
    """
    if name in engine.image_refs:
        return False
    return fleet.scope is None or name not in fleet.state.index.meanings.split


async def _name(fleet: FleetView, engine: Engine, image_id: str, name: str) -> None:
    try:
        await name_image(fleet, engine, image_id, name)
    except ApiError as error:
        _log.warn("{name} on {node}: {e}", name=name, node=engine.name, e=error.message)


def _report(outcomes: Iterable[Outcome]) -> None:
    """What has kept its name is not pruned, and shown as before."""
    for outcome in outcomes:
        if outcome.error is not None:
            _log.warn("{node}: {e}", node=outcome.engine.name, e=outcome.error.message)
