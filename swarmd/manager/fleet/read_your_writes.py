"""Read your writes: what may be out of date is asked again before it is shown.

A change that an engine has acknowledged only marks things dirty, so it costs nothing extra; the
next read refreshes just those, one call an engine, and never waits long for a slow engine.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults

from swarmd.cluster.images.image_lookup import engines_with_image
from swarmd.cluster.lookup import find_container
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, NoSuchContainer, NotFound
from swarmd.core.image.image_reference import is_reference
from swarmd.core.model import Engine
from swarmd.core.names import is_full_id
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.interfaces import FleetView

T = TypeVar("T")
Wait = Coroutine[Any, Any, None]

CONTAINERS = "containers"
ONE_IMAGE = "image"
DETAILS = "details"

# A read is held up at most this long by an engine; then it shows what was known.
PATIENCE = 1.0
# Before something is said not to be there.
LAST_PATIENCE = 5.0
# A list that was too slow is not waited for again for this long; the next read would be as slow.
DISTRUST = 10.0
# Images that are asked for one by one, for one request.
NAMES = 16
_NOBODY: Mapping[str, float] = {}


def unsettled(fleet: FleetView) -> list[Engine]:
    """Engines with containers that may have changed, and from which an answer can be hoped for."""
    return [e for e in fleet.state.engines.values() if e.dirty and _answers(fleet, e, CONTAINERS)]


async def settle_containers(fleet: FleetView, engines: Iterable[Engine]) -> None:
    """Refreshes the dirty containers of ``engines``, all engines at once."""
    await _together(
        [_patiently(fleet, engine, CONTAINERS, _containers(fleet, engine)) for engine in engines]
    )


async def settle_details(fleet: Fleet, containers: Iterable[Container]) -> None:
    """Inspects those of which only a list has told, which says nothing of what they take.

    What an engine does not answer in time is not known.
    """
    unknown: dict[str, list[str]] = {}
    for container in containers:
        if not container.detailed and not container.pending:
            unknown.setdefault(container.engine, []).append(container.id)
    engines = [fleet.state.engines[key] for key in unknown]
    await _together(
        [
            _patiently(fleet, engine, DETAILS, _details(fleet, engine, unknown[engine.key]))
            for engine in engines
            if _answers(fleet, engine, DETAILS)
        ]
    )


async def settle_lists(fleet: FleetView, *kinds: str) -> None:
    """Lists ``images``, ``networks``, ``volumes`` again where they may have changed.

    An engine with many images lists them in seconds: there clients see what they changed all the
    same, since it is asked for by name.
    """
    await _together(
        [
            _patiently(fleet, engine, kind, _list(fleet, engine, kind, PATIENCE))
            for engine in fleet.state.engines.values()
            if engine.stale
            for kind in kinds
            if kind in engine.stale and _answers(fleet, engine, kind)
        ]
    )
    if "images" in kinds:
        await settle_names(fleet)


async def settle_names(fleet: FleetView) -> None:
    """Asks for those images again which were just given a name, and for nothing else.

    What has lost its last name to them is asked for then: it may be gone.
    """
    for _ in range(2):
        engines = [engine for engine in fleet.state.engines.values() if engine.changed_images]
        await _ask_by_name(
            fleet, [(engine, name) for engine in engines for name in engine.changed_images]
        )


async def settle_unknown(fleet: FleetView, refs: Iterable[str]) -> None:
    """Asks for those of ``refs`` that no engine is known to have, where lists are out of date.

    A list of many images takes seconds; one image is found at once, by its name or ID. Of more than
    a few, the list is the cheaper question. Where there are other swarmds, one of them may have
    brought it a moment ago.
    """
    engines = fleet.state.engines.values()
    slow = [each for each in engines if "images" in each.stale or fleet.elsewhere is not None]
    unknown = [ref for ref in refs if slow and not engines_with_image(fleet.state, ref)]
    unknown = [ref for ref in unknown if is_reference(ref)]
    if len(unknown) <= NAMES:
        await _ask_by_name(fleet, [(engine, ref) for engine in slow for ref in unknown])


async def _ask_by_name(fleet: FleetView, images: Iterable[tuple[Engine, str]]) -> None:
    await _together(
        [
            _patiently(fleet, engine, ONE_IMAGE, _image(fleet, engine, name))
            for engine, name in images
            if _answers(fleet, engine, ONE_IMAGE)
        ]
    )


async def looked_up(
    fleet: FleetView, kind: str, find: Callable[[], T], image_refs: Sequence[str] = ()
) -> T:
    """What ``find`` finds among ``kind``; engines that were too slow have a second chance to tell.

    Args:
        image_refs: What is looked for, if these are images' names or IDs.

    Raises:
        NotFound: It is nowhere, as far as is known.
    """
    await settle_lists(fleet, kind)
    await settle_unknown(fleet, image_refs)
    try:
        return find()
    except NotFound:
        if fleet.elsewhere is not None:
            await fleet.elsewhere.look_for_lists()
        slow = [e for e in fleet.state.engines.values() if e.healthy and kind in e.stale]
        if image_refs:  # the others have said that they have none
            slow = [engine for engine in slow if not _answers(fleet, engine, ONE_IMAGE)]
        if not slow:
            raise
    await _together(
        [_patiently(fleet, e, kind, _list(fleet, e, kind, LAST_PATIENCE)) for e in slow]
    )
    return find()


def unread(fleet: FleetView, ref: str) -> list[Engine]:
    """Engines that are known to have containers which are not known yet, if ``ref`` may mean one.

    They count also while they are too slow for other reads.
    """
    engines = fleet.state.engines.values()
    return [each for each in engines if each.healthy and _news(fleet, each, ref)]


async def read_unread(fleet: FleetView, ref: str) -> None:
    """Asks these, and waits as long as for any answer of theirs: it would be wrong to say no.

    Raises:
        EngineUnreachable: ``ref`` is there, and its engine does not tell more of it.
    """
    await _together([_read(fleet, engine, ref) for engine in unread(fleet, ref)])


async def find_anywhere(fleet: FleetView, ref: str) -> Container:
    """As ``find_container``; its engine may have more to tell, other swarmds may have made it.

    Raises:
        EngineUnreachable: As ``read_unread``.
    """
    await read_unread(fleet, ref)
    try:
        return find_container(fleet.state, ref)
    except NoSuchContainer:
        if fleet.elsewhere is None:
            raise
    await fleet.elsewhere.look_for_container(ref)
    return find_container(fleet.state, ref)


def _news(fleet: FleetView, engine: Engine, ref: str) -> list[str]:
    """A full ID means itself; anything else may be a name."""
    new = [each for each in engine.dirty if each not in fleet.state.containers]
    return [each for each in new if each == ref or not is_full_id(ref)]


async def _read(fleet: FleetView, engine: Engine, ref: str) -> None:
    try:
        await fleet.tracker(engine).refresh(_news(fleet, engine, ref))
    except ApiError:
        if ref in engine.dirty:
            raise


def _containers(fleet: FleetView, engine: Engine) -> Wait:
    return fleet.tracker(engine).refresh(engine.dirty, PATIENCE)


def _image(fleet: FleetView, engine: Engine, name: str) -> Wait:
    return fleet.tracker(engine).refresh_image(name, PATIENCE)


async def _details(fleet: Fleet, engine: Engine, ids: Iterable[str]) -> None:
    """As many as it tells in time: one that is slow with each must not hold a create up."""
    end = fleet.clock.seconds() + LAST_PATIENCE
    for container_id in ids:
        if fleet.clock.seconds() >= end:
            return
        await fleet.tracker(engine).inspect(container_id, PATIENCE)


def _list(fleet: FleetView, engine: Engine, kind: str, seconds: float) -> Wait:
    return fleet.tracker(engine).refresh_list(kind, seconds)


def _answers(fleet: FleetView, engine: Engine, kind: str) -> bool:
    until = fleet.distrusted.get(engine.key, _NOBODY).get(kind, 0.0)
    return engine.healthy and fleet.now() >= until


async def _patiently(fleet: FleetView, engine: Engine, kind: str, refresh: Wait) -> None:
    """What was known stays; whether the engine is lost is for its tracker to find out.

    Nor does one that refuses, or answers nonsense, keep the others' answers from the client. One
    list tells nothing of another: an engine waits long for the volumes of a driver that is gone.
    """
    try:
        await refresh
    except ApiError:
        fleet.distrusted.setdefault(engine.key, {})[kind] = fleet.now() + DISTRUST


async def _together(waits: list[Wait]) -> None:
    if not waits:
        return
    try:
        await gatherResults([Deferred.fromCoroutine(wait) for wait in waits], consumeErrors=True)
    except FirstError as error:  # a client that leaves cancels all of it
        error.subFailure.raiseException()
