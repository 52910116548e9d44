"""Which engines hold an image, as users name it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarmd.cluster.images.image_lookup import engines_with_image, find_image
from swarmd.cluster.images.same_image import alike
from swarmd.cluster.interfaces import StateView
from swarmd.core.errors import Ambiguous, EngineUnreachable, NoSuchImage
from swarmd.core.image.image_reference import familiar_if_valid, parse_reference, repository_of
from swarmd.core.model import Engine, Image
from swarmd.core.names import PLACEHOLDER, natural, short_id

# Whether it is an image that somebody means, when it was given the name, and when it was made.
Age = tuple[bool, float, int]


def holders(state: StateView, ref: str) -> list[Engine]:
    """All engines that hold ``ref``, in the order of their names.

    Raises:
        NoSuchImage: No engine does.
        Ambiguous: It is the start of an ID, of different images on different engines.
        InvalidReference: No engine takes it.
    """
    named = parse_reference(ref)
    found = _by_name(engines_with_image(state, ref))
    if not found:
        raise NoSuchImage(named.shown)
    ids = {one.id for engine in found if (one := find_image(engine, ref)) is not None}
    if len(ids) > 1 and not any(str(named) in engine.image_refs for engine in found):
        raise Ambiguous("image", ref, [short_id(one) for one in sorted(ids)])
    return found


def healthy_holders(state: StateView, ref: str) -> list[Engine]:
    """Those that can be asked; EngineUnreachable if the only ones that hold it cannot."""
    found = holders(state, ref)
    healthy = [engine for engine in found if engine.healthy]
    if not healthy:
        raise EngineUnreachable(found[0].name, found[0].error or "it is not healthy")
    return healthy


def latest(engines: Sequence[Engine], ref: str) -> list[Engine]:
    """Those of ``engines`` with the image that ``ref`` was given to last; all where it names none.

    A name moves to what is built or pulled under it, and others may have a copy of what it meant
    before. An image that comes from a cache may be older than those: what counts is when it got
    the name, and only where nobody saw that, when it was made. On another architecture a name
    means another image, which is none the older for that. A digest never moves.
    """
    if "@" in ref:
        return list(engines)
    held = [(engine, image) for engine in engines if (image := find_image(engine, ref))]
    ages = _ages(held, familiar_if_valid(ref))
    newest: dict[str, Age] = {}
    for engine, image in held:
        kind, age = engine.spec.architecture, ages[image.id]
        newest[kind] = max(newest.get(kind, age), age)
    found = [e for e, image in held if ages[image.id] == newest[e.spec.architecture]]
    return found or list(engines)


def _ages(held: Sequence[tuple[Engine, Image]], name: str) -> dict[str, Age]:
    """Image ID -> when the image, in whichever store, was given ``name``, and when it was made.

    By what only takes a name away, as another swarmd may just do, no image is outdated.
    """
    images = {image.id: image for _, image in held}
    named = dict.fromkeys(images, 0.0)
    for engine, image in held:
        given_to, when = engine.named.get(name, ("", 0.0))
        if given_to == image.id:
            named[image.id] = max(named[image.id], when)
    return {
        one: (
            PLACEHOLDER not in image.labels,
            max(named[id_] for id_, other in images.items() if alike(image, other)),
            image.created,
        )
        for one, image in images.items()
    }


def newest_holders(state: StateView, ref: str) -> list[Engine]:
    """Healthy engines with the image that ``ref`` means now; none if none has any."""
    return latest([one for one in engines_with_image(state, ref) if one.healthy], ref)


def outdated_tags(state: StateView) -> set[tuple[str, str]]:
    """Tags that mean a newer image elsewhere, each with the key of a healthy engine that has it."""
    state.index.refresh()
    outdated: set[tuple[str, str]] = set()
    for tag in state.index.meanings.split:
        healthy = [one for one in engines_with_image(state, tag) if one.healthy]
        newest = {engine.key for engine in latest(healthy, tag)}
        outdated.update((engine.key, tag) for engine in healthy if engine.key not in newest)
    return outdated


def meant(state: StateView, ref: str) -> list[str]:
    """What an engine takes ``ref`` for where it saves or pushes: a bare repository is all its tags.

    Raises:
        InvalidReference: No engine takes it.
    """
    named = parse_reference(ref)
    if not named.is_bare:
        return [ref]
    state.index.refresh()
    listed = state.index.images.texts(f"{named.repository}:")
    return [tag for tag in listed if repository_of(tag) == named.repository] or [ref]


def _by_name(engines: Iterable[Engine]) -> list[Engine]:
    return sorted(engines, key=lambda engine: natural(engine.name))
