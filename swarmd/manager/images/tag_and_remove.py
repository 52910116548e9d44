"""What changes an image on every node that holds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from swarmd.cluster.images.holders import latest
from swarmd.cluster.images.image_lookup import engines_with_image, find_image, is_name
from swarmd.core.errors import ApiError, Conflict
from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.model import Engine, Image
from swarmd.core.names import short_id
from swarmd.manager.fleet.fanout import Outcome, ask_engines
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.images.progress import grouped

REMOVING = 120.0  # seconds: layers are deleted meanwhile

Target = Callable[[Engine], bytes]


async def tagged(fleet: Fleet, engines: Sequence[Engine], target: Target, name: str) -> None:
    """As ``name``. Raises ApiError if an engine refused, with the others that did not."""
    outcomes = await _ask(fleet, engines, "POST", target)
    for engine in engines:
        fleet.state.images_changed(engine.key, [name])
    _check(outcomes, "tagged")


async def removed(fleet: Fleet, engines: Sequence[Engine], target: Target) -> bytes:
    """A JSON list of what was untagged and deleted, each thing once however many nodes had it.

    Raises:
        ApiError: An engine refused; the others did it.
    """
    outcomes = await _ask(fleet, engines, "DELETE", target, list)
    for outcome in outcomes:
        if outcome.ok:
            told = (item.get(key) for item in outcome.value for key in ("Untagged", "Deleted"))
            gone = [familiar_if_valid(name) for name in told if isinstance(name, str)]
            fleet.state.images_gone(outcome.engine.key, gone)
    items = [item for outcome in outcomes if outcome.ok for item in outcome.value]
    _check(outcomes, "removed")
    return orjson.dumps(list({orjson.dumps(item): item for item in items}.values())) + b"\n"


def check_single(fleet: Fleet, ref: str) -> None:
    """An engine removes by its ID only what has one name; here those of all engines count.

    Raises:
        Conflict: It has several, in an engine's words.
    """
    engines = engines_with_image(fleet.state, ref)
    if any(is_name(engine, ref) for engine in engines):
        return
    images = [image for one in engines if (image := find_image(one, ref)) is not None]
    if len({tag for image in images for tag in image.tags}) > 1:
        raise Conflict(
            f"conflict: unable to delete {short_id(images[0].id)} (must be forced) - "
            "image is referenced in multiple repositories"
        )


def to_untag(fleet: Fleet, engines: Sequence[Engine], ref: str) -> list[Engine]:
    """Those of ``engines`` whose copy is of what the name ``ref`` meant before, and runs there.

    On one host it would have lost the name, so its container would be in nobody's way. By force an
    engine takes the name from it; it never deletes what runs.
    """
    if not any(is_name(engine, ref) for engine in engines):
        return []
    newest = latest(engines, ref)
    return [one for one in engines if one not in newest and _runs(one, find_image(one, ref))]


def _runs(engine: Engine, image: Image | None) -> bool:
    made = (one for one in engine.containers.values() if image and one.image_id == image.id)
    return any(container.running for container in made)


def unreached(fleet: Fleet, ref: str) -> list[str]:
    """The nodes that hold an image as far as is known, but cannot be asked."""
    engines = engines_with_image(fleet.state, ref)
    return [f"{each.name}: not done there, {each.error}" for each in engines if not each.healthy]


async def _ask(
    fleet: Fleet,
    engines: Sequence[Engine],
    method: str,
    target: Target,
    expect: type[Any] | None = None,
) -> list[Outcome]:
    def line(engine: Engine) -> str:
        return target(engine).decode()

    outcomes = await ask_engines(fleet, engines, method, line, timeout=REMOVING, expect=expect)
    for engine in engines:
        fleet.state.mark_stale(engine.key, "images")
    return outcomes


def _check(outcomes: Sequence[Outcome], done: str) -> None:
    """A node that has the image no longer is no failure, unless none has it."""
    failed = {outcome.engine.name: outcome.error for outcome in outcomes if outcome.error}
    names = [outcome.engine.name for outcome in outcomes if outcome.ok]
    serious = {name: error for name, error in failed.items() if error.status != 404}
    if not names:
        serious = serious or failed
    if serious:
        where = f" ({done} on {', '.join(names)})" if names else ""
        first: ApiError = next(iter(serious.values()))
        raise ApiError(grouped(serious) + where, first.status)
