"""Gives an image a name on every node that holds it, and what such changes have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from swarmd.cluster.images.image_lookup import engines_with_image, find_image
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.fleet.fanout import Outcome, ask_engines
from swarmd.manager.images.progress import grouped
from swarmd.manager.interfaces import FleetView

REMOVING = 120.0  # seconds: layers are deleted meanwhile
GONE = 404  # somebody else was faster

Target = Callable[[Engine], bytes]


async def tagged(
    fleet: FleetView, ref: str, engines: Sequence[Engine], target: Target, name: str
) -> None:
    """``ref`` as ``name``, which means that from now on.

    Raises:
        ApiError: An engine refused, with the others that did not.
    """
    outcomes = await ask_all(fleet, engines, "POST", target)
    for engine in engines:
        fleet.state.images_changed(engine.key, [name])
    for engine in (outcome.engine for outcome in outcomes if outcome.ok):
        if image := find_image(engine, ref):
            fleet.state.image_named(engine.key, name, image.id, fleet.now())
    check(outcomes, "tagged")


def unreached(fleet: FleetView, ref: str) -> list[str]:
    """The nodes that hold an image as far as is known, but cannot be asked."""
    engines = engines_with_image(fleet.state, ref)
    return [f"{each.name}: not done there, {each.error}" for each in engines if not each.healthy]


async def ask_all(
    fleet: FleetView,
    engines: Sequence[Engine],
    method: str,
    target: Target,
    expect: type[Any] | None = None,
) -> list[Outcome]:
    """Asks ``engines`` to change their images, which are then listed again."""

    def line(engine: Engine) -> str:
        return target(engine).decode()

    outcomes = await ask_engines(fleet, engines, method, line, timeout=REMOVING, expect=expect)
    for engine in engines:
        fleet.state.mark_stale(engine.key, "images")
    return outcomes


def check(outcomes: Sequence[Outcome], done: str) -> None:
    """A node that has the image no longer is no failure, unless none has it.

    Raises:
        ApiError: An engine refused, with its words and where it was ``done``.
    """
    failed = {outcome.engine.name: outcome.error for outcome in outcomes if outcome.error}
    names = [outcome.engine.name for outcome in outcomes if outcome.ok]
    serious = {name: error for name, error in failed.items() if error.status != GONE}
    if not names:
        serious = serious or failed
    if serious:
        where = f" ({done} on {', '.join(names)})" if names else ""
        first: ApiError = next(iter(serious.values()))
        raise ApiError(grouped(serious) + where, first.status)
