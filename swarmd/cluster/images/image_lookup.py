"""Finds images by any name that a user may give them, as the engines themselves would.

An engine looks for a name first, then for the one ID that begins so. Over the fleet, too, a name
goes before IDs: what is an image's name on one node is nowhere the start of another's ID.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.cluster.interfaces import StateView
from swarmd.cluster.state import State
from swarmd.core.errors import NoSuchImage
from swarmd.core.image.image_reference import familiar_if_valid, parse_reference, start_of_id
from swarmd.core.model import Engine, Image

_WHOLE = len("sha256:") + 64  # characters of an ID


def find_image(engine: Engine, ref: str) -> Image | None:
    """By tag, digest, ID or unique start of one; None also for what no engine takes."""
    found = engine.image_refs.get(familiar_if_valid(ref))
    if found is not None:
        return engine.images[found]
    started = images_by_id(engine, ref)
    return started[0] if len(started) == 1 else None


def images_by_id(engine: Engine, ref: str) -> list[Image]:
    """All whose ID ``ref`` is, or can be the start of, whatever has it as its name."""
    start = start_of_id(ref)
    whole = engine.images.get(start)
    if whole is not None or len(start) == _WHOLE or not start:
        return [] if whole is None else [whole]
    return [image for image in engine.images.values() if image.id.startswith(start)]


def images_named(engine: Engine, name: str) -> list[Image]:
    """All with ``name``, a familiar form: a containerd store lists a few different names alike."""
    if name not in engine.image_refs:
        return []
    return [one for one in engine.images.values() if name in one.tags or name in one.digests]


def is_name(engine: Engine, ref: str) -> bool:
    """Whether an image there has it for a name."""
    return familiar_if_valid(ref) in engine.image_refs


def known_as(state: StateView, ref: str) -> Iterator[str]:
    """What else is the name, anywhere, of what ``ref`` means by its content: an ID or a digest."""
    if ref and parse_reference(ref).digest:
        for engine in state.engines.values():
            image = find_image(engine, ref)
            yield from (*image.tags, *image.digests) if image is not None else ()


def engines_with_image(state: StateView, ref: str) -> list[Engine]:
    """Those on which ``find_image`` finds it; by an ID only where nobody has it for a name."""
    found = may_have(state, familiar_if_valid(ref))
    return found or [e for e in may_have(state, "", ref) if find_image(e, ref) is not None]


def may_have(state: StateView, name: str, ref: str = "") -> list[Engine]:
    """The engines with an image of that ``name``, or one whose ID ``ref`` may be the start of."""
    index, start = state.index, start_of_id(ref)
    index.refresh()
    having = index.images.of(name) | (index.images.starting(start) if start else 0)
    return index.engines(having)


def means_others(state: State, ref: str, image: Image) -> bool:
    """Whether the name ``ref`` is anywhere that of another image than ``image``."""
    state.index.refresh()
    index, name = state.index, familiar_if_valid(ref)
    return bool(index.images.of(name) & ~index.meanings.of((name, image.id)))


def is_misread(state: StateView, ref: str) -> bool:
    """Whether what is an image's name on one engine begins another's ID on one without it."""
    if not start_of_id(ref):
        return False
    engines = state.engines.values()
    others = [engine for engine in engines if not is_name(engine, ref)]
    return len(others) < len(engines) and any(images_by_id(engine, ref) for engine in others)


def definite_image(state: StateView, ref: str) -> str:
    """``ref`` so spelt that no engine can read anything else: a whole ID, or a name with its tag.

    An engine finds by their IDs also images that it does not list, which others were built on.

    Raises:
        NoSuchImage: An ID that is none here, or the start of several.
        InvalidReference: No engine takes it.
    """
    named = parse_reference(ref)
    if not start_of_id(ref):
        return ref
    engines = state.engines.values()
    if not named.is_id and any(is_name(engine, ref) for engine in engines):
        return str(named)
    found = {image.id for engine in engines for image in images_by_id(engine, ref)}
    if len(found) == 1:
        return found.pop()
    if found or ref.startswith("sha256:") or named.is_id:
        raise NoSuchImage(named.shown)
    return str(named)
